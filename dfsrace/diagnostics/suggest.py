# SPDX-License-Identifier: GPL-2.0-only
"""The name that was meant."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 60


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None where none is near; the same for every order of the candidates.

    A candidate that differs in case or in `-`, `_` and blanks alone wins over all others.
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
    matches = get_close_matches(name, known, n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """`did you mean NAME?`, or the empty string where nothing is near."""
    match = nearest(name, candidates)
    return f"did you mean {match}?" if match else ""


def _fold(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(" ", "")
