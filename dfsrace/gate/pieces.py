# SPDX-License-Identifier: GPL-2.0-only
"""Typing a piece that no model includes: as if a model without code of its own did."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from dfsrace.language import ModelSource, load_model


def type_piece(path: str, libraries: Sequence[str]) -> None:
    """ModelError with what is wrong in the piece; nothing where all of it can be read, typed and lowered."""
    folder, name = os.path.split(path)
    # The model around it would lie beside it, so that it and what it includes are found and shown as they are.
    around = os.path.join(folder, f"the model around {name}")
    text = f"model: A piece\ninclude: [{json.dumps(name, ensure_ascii=False)}]\nthreads: {{idle: pass}}\n"
    load_model(ModelSource(around, Path(around), text), [Path(library) for library in libraries], {})
