# SPDX-License-Identifier: GPL-2.0-only
"""The whole Promela text of a system, put together."""

from __future__ import annotations

from collections.abc import Iterable

from dfsrace.export.spin.declarations import declarations, head
from dfsrace.export.spin.expressions import CODES
from dfsrace.export.spin.guards import Guards, looks_at_pools
from dfsrace.export.spin.initial import starting
from dfsrace.export.spin.memory import Lines, PoolText
from dfsrace.export.spin.names import Names
from dfsrace.export.spin.properties import judging, judging_the_end
from dfsrace.export.spin.steps import StepWriter
from dfsrace.export.spin.writer import EXHAUSTED, Shared
from dfsrace.system import System
from dfsrace.system.program import Choose, Wait
from dfsrace.system.types import PoolType

# SPIN copies inlines through a buffer of this many characters; longer ones become macros.
LONGEST_INLINE = 50_000


def promela(system: System) -> str:
    """A Promela model with as many states as the system has without reductions, and one more.

    One process, `init`. It first takes an initial state, then one step after another: each step of a thread, every
    combination of its choices, is one atomic sequence from the loop's head back to it, so that the states that SPIN
    stores (`-DNOREDUCE`, without partial order reduction) are those of the system, and the state before the first one.
    A step that ends in an automatic violation or finds a pool exhausted leads back to the state where it began. Where
    no initial state exists, SPIN stores two.

    Each violated property is an assertion that fails once, the first time it is met (`violated_N == 0`); the text says
    which property has which number. With `-DREACH` a reach that is met fails likewise (`reached_N == 0`), and one that
    never does is violated. `exhausted_N` is a pool that was too small, `no_verdict` a property that cannot be
    evaluated. Deadlocks are found by the text itself, not by SPIN: the head of the loop is a valid end state.

    The search has to be depth first, as SPIN's is unless it is told otherwise: with variables that are no part of the
    state it refuses the others. A model that loops without a shared access makes it run for ever.

    Raises NotExpressible for integers beyond 32 bits, for more than 100,000 initial states, and for an atomic block
    that loops before its first access.
    """
    names = Names(system)
    shared = Shared(names, PoolText(names))
    guards = [Guards(names, thread) for thread in range(names.threads)]
    options = [
        ["        " + line for line in StepWriter(shared, guards[thread], thread, node).option()]
        for thread in range(names.threads)
        for node in names.numbers[thread]
    ]
    looking = _guards_look(system)
    inlines = _inlines(shared, looking)
    parts = [
        head(system),
        declarations(shared, guards, looking),
        *inlines,
        [*starting(names), *_loop(system, names, options)],
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _guards_look(system: System) -> bool:
    """True if whether a thread can move may depend on which pool values are visible."""
    for thread in system.threads:
        for node in thread.nodes:
            operation = node.operation
            if isinstance(operation, Choose):
                condition = operation.condition
                if isinstance(operation.domain, PoolType) or (condition is not None and looks_at_pools(condition)):
                    return True
            elif isinstance(operation, Wait) and looks_at_pools(operation.condition):
                return True
    return False


def inline(name: str, lines: Iterable[str], parameters: str = "") -> Lines:
    """Statements under a name."""
    body = [f"  {line}" for line in (*lines, "skip")]
    if sum(map(len, body)) < LONGEST_INLINE:
        return [f"inline {name}({parameters}) {{", *body, "}"]
    return [f"#define {name}({parameters}) \\", *(f"{line} \\" for line in body[:-1]), body[-1]]


def _inlines(shared: Shared, looking: bool) -> list[Lines]:
    names, pools = shared.names, shared.pools
    once = ["if", ":: flag == 0 -> flag = 1; assert(flag == 0)", ":: else", "fi;"]
    found = [inline("found", once, "flag")]
    for thread in range(names.threads):
        found.append(inline(f"held_without_{thread}", pools.held(thread)))
    found.append(inline("judge", judging(names, pools)))
    found.append(inline("settle", _settling(shared, looking)))
    return found


def _settling(shared: Shared, looking: bool) -> Lines:
    """After each step: forget what nobody holds, judge, report."""
    names, pools = shared.names, shared.pools
    state: Lines = []
    if pools.cleared:
        state += [*pools.held(None), *pools.closure("h_held"), *pools.cleared]
    state += ["judge();", *judging_the_end(names, pools)]
    reports = [f":: bad == {number} -> found(violated_{number})" for number in CODES.values()]
    reports += [f":: bad == {EXHAUSTED + n} -> found(exhausted_{n})" for n in range(len(names.pools))]
    reset = ["bad = 0;"]
    if any(is_open for is_open, _ in shared.temporaries):
        reset += ["accessed = 0;"]
    reset += [f"t{slot} = 0;" for is_open, slot in shared.temporaries if is_open]
    for is_open, variable, component in shared.saved:
        part = names.parts[variable][component]
        places = [""] if part.size == 1 else [f"[{place}]" for place in range(part.size)]
        reset += [f"old_{part.name}{place} = 0;" for place in places if is_open]
    lines = ["if", ":: bad == 0 ->", *(f"   {line}" for line in (*state, "skip")), *reports, ":: else", "fi;"]
    return [*lines, *(pools.visible() if looking else []), *reset]


def _loop(system: System, names: Names, options: list[Lines]) -> Lines:
    unfinished = [f"{names.pc(t)} != 0" for t, thread in enumerate(system.threads) if not thread.daemon]
    test = " || ".join(unfinished) or "false"
    deadlock = CODES["deadlock"]
    return [
        "  /* the loop: at its head a state of the model begins and ends */",
        "end_of_step:",
        "  do",
        "  :: atomic {",
        "     if",
        *(line for option in options for line in option),
        "        /* no thread can move */",
        f"        :: else -> d_step {{ if :: {test} -> found(violated_{deadlock}) :: else fi }}",
        "     fi;",
        "     d_step { settle() }",
        "     }",
        "  od",
        "}",
    ]
