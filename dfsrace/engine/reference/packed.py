# SPDX-License-Identifier: GPL-2.0-only
"""A packed state under construction, as source: (base & keep) + added + terms."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dfsrace.engine.reference.conversion import number


@dataclass(frozen=True, slots=True)
class Packed:
    """`base` is a variable of the generated code; `keep` a mask (None: all); `touched`: the bits changed so far."""

    base: str = "s"
    keep: int | None = None
    added: int = 0
    terms: tuple[str, ...] = ()
    touched: int = 0

    @property
    def changed(self) -> bool:
        """True if it is more than `base`."""
        return self.keep is not None or bool(self.added) or bool(self.terms)

    def source(self) -> str:
        """As an expression."""
        parts = [self.base if self.keep is None else f"({self.base} & {self.keep})"]
        if self.added > 0:
            parts.append(f" + {self.added}")
        elif self.added < 0:
            parts.append(f" - {-self.added}")
        return "".join([*parts, *(f" + {term}" for term in self.terms)])

    def cut(self, mask: int, whole: int) -> Packed:
        """With the bits of `mask` 0; `whole` is the mask of all bits."""
        return replace(self, keep=(whole if self.keep is None else self.keep) & ~mask, touched=self.touched | mask)

    def plus(self, value: str, shift: str) -> Packed:
        """With a value added where the bits are 0."""
        known, place = number(value), number(shift)
        if known is not None and place is not None:
            return replace(self, added=self.added + (known << place))
        if known is not None:
            return replace(self, terms=(*self.terms, f"({known} << {shift})")) if known else self
        return replace(self, terms=(*self.terms, f"({value} << {shift})" if shift != "0" else f"({value})"))

    def touching(self, mask: int) -> Packed:
        """With a note that these bits have changed."""
        return replace(self, touched=self.touched | mask)
