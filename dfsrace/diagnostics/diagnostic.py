# SPDX-License-Identifier: GPL-2.0-only
"""The Diagnostic value: one sentence about one place, and the way out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dfsrace.diagnostics.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One error in a model.

    `code` is stable ("DR203"); `message` is one sentence without a full stop that contains the offending value;
    `allowed` lists what would have been right (may be empty); `help` is the way out, one sentence.
    """

    code: str
    span: Span
    message: str
    allowed: tuple[str, ...] = ()
    help: str = ""
    notes: tuple[tuple[Span, str], ...] = ()


class ModelError(Exception):
    """A model that cannot be checked: all diagnostics of the phase that failed, in the order of the files."""

    def __init__(self, diagnostics: Iterable[Diagnostic], sources: Iterable[SourceFile] = ()) -> None:
        self.diagnostics = tuple(diagnostics)
        self.sources = {source.name: source for source in sources}
        places = [f"{d.span}: " if d.span.file else "" for d in self.diagnostics]
        super().__init__(
            "; ".join(f"{at}{d.code}: {d.message}" for at, d in zip(places, self.diagnostics, strict=True))
        )
