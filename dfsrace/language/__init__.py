# SPDX-License-Identifier: GPL-2.0-only
"""From a model's text to a transition system (floor 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dfsrace.diagnostics import ModelError
from dfsrace.language.check_code import type_model
from dfsrace.language.declarations import Declarations
from dfsrace.language.document import read_model
from dfsrace.language.files import ModelSource
from dfsrace.language.lowering import lower
from dfsrace.language.typed import TypedModel
from dfsrace.system import System

__all__ = ["LoadedModel", "ModelSource", "load_model"]


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model after all stages: what it declares, its typed code, and the transition system."""

    declarations: Declarations
    typed: TypedModel
    system: System


def load_model(source: ModelSource, libraries: Sequence[Path], constants: Mapping[str, str]) -> LoadedModel:
    """Reads, types and lowers a model. Raises ModelError, with all diagnostics of the first phase that fails.

    `libraries` are searched before the built-in library; `constants` override the model's own, as text.
    """
    declarations = read_model(source, libraries, constants)
    try:
        typed = type_model(declarations)
        return LoadedModel(declarations, typed, lower(typed))
    except ModelError as error:
        raise ModelError(error.diagnostics, declarations.sources) from None
