# SPDX-License-Identifier: GPL-2.0-only
"""All codes and their explanations: files DR1xx, sections DR2xx, declarations DR3xx, code DR4xx and DR5xx,
and what only lowering and exploration show, DR6xx."""

from __future__ import annotations

from collections.abc import Mapping

from dfsrace.diagnostics.codes_code import CODE
from dfsrace.diagnostics.codes_declarations import DECLARATIONS
from dfsrace.diagnostics.codes_files import FILES
from dfsrace.diagnostics.codes_lowering import LOWERING
from dfsrace.diagnostics.codes_sections import SECTIONS
from dfsrace.diagnostics.explanation import Explanation

CODES: Mapping[str, Explanation] = {**FILES, **SECTIONS, **DECLARATIONS, **CODE, **LOWERING}
