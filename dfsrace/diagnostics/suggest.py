# SPDX-License-Identifier: GPL-2.0-only
"""The name that was meant."""

from __future__ import annotations

import string
from collections.abc import Collection, Iterable, Iterator

_LONGEST = 60
# A third of such a name is one letter: likeness in general says nothing of it.
_SHORT = 3
# A phase has up to a hundred unknown names, and a hostile file has a hundred thousand known: so many are folded, and so
# many are compared letter by letter.
_MOST_FOLDED = 5_000
_MOST_COMPARED = 300
_LETTERS = string.ascii_letters + string.digits + "_-"


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None where none is near; the same for every order of the candidates.

    A candidate that differs in case or in `-`, `_` and blanks alone wins over all others, then one in which two
    neighbours are exchanged. A name of three letters or fewer is near to one that begins with the same letter and takes
    one slip of the hand: a letter more, less, other, or two exchanged. Of thousands of candidates only those one slip
    away are looked at.
    """
    size = len(name)
    if size > _LONGEST:
        return None
    # No other length comes to a likeness of 0.6, a few signs that do not count apart.
    sizes = {n for n in range(_LONGEST + 1) if 3 * max(n, size) <= 7 * min(n, size) + 3}
    known = {c for c in candidates if len(c) in sizes}
    if len(known) > _MOST_FOLDED:
        return min(known.intersection(_exchanged(name)) or known.intersection(_slips(name)), default=None)
    folded = _fold(name)
    if same := [c for c in known if _fold(c) == folded]:
        return min(same)
    if size <= _SHORT:
        known = {c for c in known if c[:1].lower() == name[:1].lower() and _one_slip(name, c)}
    if exchanged := known.intersection(_exchanged(name)):
        return min(exchanged)
    # Costs milliseconds to import, and only a model with an error needs it.
    from difflib import get_close_matches

    few = sorted(_likely(name, known))
    matches = get_close_matches(name, few, n=1, cutoff=0.6)
    return matches[0] if matches else (few[0] if few and size <= _SHORT else None)


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """`did you mean NAME?`, or the empty string where nothing is near."""
    match = nearest(name, candidates)
    return f"did you mean {match}?" if match else ""


def _likely(name: str, known: Collection[str]) -> Collection[str]:
    """All of a few; of many those that begin alike for longest."""
    for letters in range(1, len(name) + 1):
        if len(known) <= _MOST_COMPARED:
            break
        begin = name[:letters]
        alike = [c for c in known if c.startswith(begin)]
        if not alike:
            break
        known = alike
    return sorted(known, key=lambda c: (not c.endswith(name[-1:]), c))[:_MOST_COMPARED]


def _fold(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(" ", "")


def _exchanged(name: str) -> Iterable[str]:
    """The name with two neighbours exchanged, wherever they differ."""
    pairs = ((name[:at], name[at], name[at + 1], name[at + 2 :]) for at in range(len(name) - 1))
    return (f"{before}{two}{one}{after}" for before, one, two, after in pairs if one != two)


def _slips(name: str) -> Iterator[str]:
    """The name in other cases, and with a letter more, less or other."""
    yield from (name.lower(), name.upper(), name.capitalize(), name.replace("_", ""), name.replace("-", "_"))
    for at in range(len(name) + 1):
        before, after = name[:at], name[at:]
        yield before + after[1:]
        for letter in _LETTERS:
            yield before + letter + after
            yield before + letter + after[1:]


def _one_slip(name: str, other: str) -> bool:
    """True where one letter more, less or other, or two neighbours exchanged, make one name of the other."""
    start = 0
    while start < min(len(name), len(other)) and name[start] == other[start]:
        start += 1
    a, b = name[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or other in _exchanged(name)
