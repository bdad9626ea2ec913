# SPDX-License-Identifier: GPL-2.0-only
"""All diagnostics of a phase, in the order of the files."""

from __future__ import annotations

from collections.abc import Sequence

from dfsrace.diagnostics.diagnostic import Diagnostic, ModelError
from dfsrace.diagnostics.source import SourceFile, Span

# More help nobody, and a hostile file could ask for a hundred thousand.
MOST_DIAGNOSTICS = 100


class Collector:
    """Gathers diagnostics; `finish` raises them all as one ModelError, in the order of `sources` and places.

    `sources` is read when the error is raised, so files may still be added to it. After 100 diagnostics the phase
    ends at once.
    """

    def __init__(self, sources: Sequence[SourceFile]) -> None:
        self._sources = sources
        self._found: list[Diagnostic] = []

    def add(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        help: str = "",
        allowed: Sequence[str] = (),
        notes: Sequence[tuple[Span, str]] = (),
    ) -> None:
        """Takes one diagnostic; ModelError where it is the hundredth."""
        self._found.append(Diagnostic(code, span, message, tuple(allowed), help, tuple(notes)))
        if len(self._found) >= MOST_DIAGNOSTICS:
            self.finish()

    @property
    def empty(self) -> bool:
        """True as long as nothing was found."""
        return not self._found

    def finish(self) -> None:
        """The end of a phase: ModelError if anything was found."""
        if self._found:
            raise ModelError(self._in_order(), self._sources)

    def _in_order(self) -> list[Diagnostic]:
        place = {source.name: number for number, source in enumerate(self._sources)}
        unique = list(dict.fromkeys(self._found))
        return sorted(
            unique, key=lambda d: (place.get(d.span.file, len(place)), d.span.line, d.span.column, d.code, d.message)
        )
