# SPDX-License-Identifier: GPL-2.0-only
"""Small models as text, and what reading them says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from dfsrace.diagnostics import Diagnostic, ModelError
from dfsrace.language.declarations import Declarations
from dfsrace.language.document import ModelSource, read_model

REST = {"model": "model: A title", "threads": "threads:\n  cpu0: pass"}


def complete(text: str) -> str:
    """The text with a title and a thread behind it where it has none, so that its own places stay."""
    missing = [rest for name, rest in REST.items() if not re.search(rf"^{name}:", text, re.MULTILINE)]
    return "\n".join([text, *missing]) + "\n"


def read(text: str | bytes, settings: Mapping[str, str] | None = None, path: Path | None = None) -> Declarations:
    """The declarations of a text named m.yaml."""
    return read_model(ModelSource("m.yaml", path, text), (), settings or {})


def read_file(path: Path, libraries: Sequence[Path] = ()) -> Declarations:
    """The declarations of a file."""
    return read_model(ModelSource.of(path), libraries, {})


def problems_of(
    text: str | bytes, settings: Mapping[str, str] | None = None, path: Path | None = None
) -> tuple[Diagnostic, ...]:
    """The diagnostics of a text; none where it can be read."""
    try:
        read(text, settings, path)
    except ModelError as error:
        return error.diagnostics
    return ()


def codes_of(text: str | bytes) -> list[str]:
    """The codes of `problems_of`."""
    return [problem.code for problem in problems_of(text)]
