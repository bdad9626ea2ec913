# SPDX-License-Identifier: GPL-2.0-only
"""Judging the properties of a state."""

from __future__ import annotations

from dfsrace.export.spin.expressions import CODES, Expressions, is_zero
from dfsrace.export.spin.guards import looks_at_pools
from dfsrace.export.spin.memory import Lines, PoolText
from dfsrace.export.spin.names import Names
from dfsrace.system import Property
from dfsrace.system.expressions import Finished, walk


def flag_of(place: int, prop: Property) -> str:
    """The variable that says that a property was violated, or a reach met; `place` among the system's properties."""
    return f"{'reached' if prop.kind == 'reach' else 'violated'}_{len(CODES) + 1 + place}"


def speaks_of_threads(prop: Property) -> bool:
    """True if a property depends on more than the cells."""
    return prop.at_end or any(isinstance(e, Finished) for e in walk(prop.condition))


def _no_local(slot: int) -> str:
    raise TypeError(f"a property speaks of the local {slot}")


def judging(names: Names, pools: PoolText) -> Lines:
    """Statements that judge the properties that speak of cells alone."""
    chosen = [(n, p) for n, p in enumerate(names.system.properties) if not speaks_of_threads(p)]
    return _judged(names, pools, chosen)


def judging_the_end(names: Names, pools: PoolText) -> Lines:
    """Statements that judge the others, in a state in which a step has ended."""
    chosen = [(n, p) for n, p in enumerate(names.system.properties) if speaks_of_threads(p) and not p.at_end]
    at_end = [(n, p) for n, p in enumerate(names.system.properties) if p.at_end]
    lines = _judged(names, pools, chosen)
    if at_end:
        ended = [f"{names.pc(t)} == 0" for t, thread in enumerate(names.system.threads) if not thread.daemon]
        inner = _judged(names, pools, at_end)
        lines += [
            "if",
            f":: {' && '.join(ended) or 'true'} ->",
            *(f"   {x}" for x in (*inner, "skip")),
            ":: else",
            "fi;",
        ]
    return lines


def _judged(names: Names, pools: PoolText, chosen: list[tuple[int, Property]]) -> Lines:
    expressions = Expressions(names, _no_local)
    lines: Lines = []
    if any(looks_at_pools(prop.condition) for _, prop in chosen):
        lines += pools.visible()
    for place, prop in chosen:
        code, value = expressions.code(prop.condition), expressions.value(prop.condition)
        flag = flag_of(place, prop)
        test = value if prop.kind == "reach" else f"!{value}"
        judged = ["if", *([] if is_zero(code) else [f":: {code} != 0 -> found(no_verdict)"])]
        judged += (
            [f":: else -> if :: {test} -> found({flag}) :: else fi", "fi;"]
            if len(judged) > 1
            else [
                f":: {test} -> found({flag})",
                ":: else",
                "fi;",
            ]
        )
        lines += ["\n#ifdef REACH\n", *judged, "\n#endif\n"] if prop.kind == "reach" else judged
    return lines
