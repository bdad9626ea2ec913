# SPDX-License-Identifier: GPL-2.0-only
"""The name that was meant."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 60
# A third of such a name is one letter: likeness in general says nothing of it.
_SHORT = 3


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None where none is near; the same for every order of the candidates.

    A candidate that differs in case or in `-`, `_` and blanks alone wins over all others. A name of three letters or
    fewer is near to one that begins with the same letter and takes one slip of the hand: a letter more, less, other,
    or two exchanged.
    """
    if len(name) > _LONGEST:
        return None
    # Costs milliseconds to import, and only a model with an error needs it.
    from difflib import get_close_matches

    known = sorted({c for c in candidates if len(c) <= _LONGEST})
    folded = _fold(name)
    for candidate in known:
        if _fold(candidate) == folded:
            return candidate
    if len(name) <= _SHORT:
        known = [c for c in known if c[:1].lower() == name[:1].lower() and _one_slip(name, c)]
    matches = get_close_matches(name, known, n=1, cutoff=0.6)
    return matches[0] if matches else (known[0] if known and len(name) <= _SHORT else None)


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """`did you mean NAME?`, or the empty string where nothing is near."""
    match = nearest(name, candidates)
    return f"did you mean {match}?" if match else ""


def _fold(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(" ", "")


def _one_slip(name: str, other: str) -> bool:
    """True where one letter more, less or other, or two neighbours exchanged, make one name of the other."""
    start = 0
    while start < min(len(name), len(other)) and name[start] == other[start]:
        start += 1
    a, b = name[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and len(a) > 1 and a[2:] == b[2:])
