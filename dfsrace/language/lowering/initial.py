# SPDX-License-Identifier: GPL-2.0-only
"""Initial valuations: the declared values, then each file's setup block as one atomic step."""

from __future__ import annotations

from dataclasses import dataclass

from dfsrace.diagnostics import Diagnostic, ModelError
from dfsrace.language.lowering.finish import Program
from dfsrace.system.choices import Choice
from dfsrace.system.interpreter import (
    LoopsWithoutAccess,
    PoolExhausted,
    SetupError,
    SetupLockHeld,
    SetupWaits,
    run_to_end,
)
from dfsrace.system.memory import Memory
from dfsrace.system.program import Thread
from dfsrace.system.system import Initial, Variable
from dfsrace.system.types import Value, value_text

VALUATIONS_AT_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Initials:
    """All valuations after setup, in the order of their choices; `exhausted`: the pool that cut some of them off."""

    initial: tuple[Initial, ...]
    exhausted: str | None


def run_setup(variables: tuple[Variable, ...], setups: tuple[Program, ...], threads: int) -> Initials:
    """Runs the setup blocks one after another. Raises ModelError where one waits, leaves a lock held or fails."""
    memory = Memory(variables, threads)
    cells: list[Value] = [c.initial for c in memory.cells]
    memory.clear(cells, memory.held(cells, []))
    found = [Initial(tuple(cells))]
    exhausted = None
    for setup in setups:
        following: list[Initial] = []
        for start in found:
            results, pool = _run(variables, start, setup, threads)
            exhausted = exhausted or pool
            following += results
            if len(following) > VALUATIONS_AT_MOST:
                raise ModelError([_too_many(setup)])
        found = following
    return Initials(tuple(found), exhausted)


def _run(
    variables: tuple[Variable, ...], start: Initial, setup: Program, threads: int
) -> tuple[list[Initial], str | None]:
    where = setup.nodes[setup.entry].span
    thread = Thread("setup", "setup", False, None, setup.locals, setup.nodes, setup.entry, where)
    pool = None
    try:
        results = run_to_end(variables, start.cells, thread, threads, VALUATIONS_AT_MOST + 1)
    except PoolExhausted as stopped:
        results, pool = stopped.results, stopped.detail
    except (SetupError, LoopsWithoutAccess) as error:
        raise ModelError([_diagnostic(error)]) from error
    return [Initial(cells, (*start.choices, *map(_text, choices))) for choices, cells in results], pool


def _text(choice: Choice) -> str:
    return value_text(choice.type, choice.value)


def _diagnostic(error: SetupError | LoopsWithoutAccess) -> Diagnostic:
    span = error.node.span
    match error:
        case LoopsWithoutAccess():
            return Diagnostic("DR603", span, "setup loops for ever", help="let each round change something")
        case SetupWaits():
            text = "setup waits here, and no thread runs yet that could let it go on"
            return Diagnostic("DR604", span, text, help="release the lock in setup, or start from another state")
        case SetupLockHeld():
            text = "setup ends with a lock held, which no thread could release"
            return Diagnostic("DR605", span, text, help="release it in setup; a thread takes it in its own code")
    found = f": {error.cause.words}" if error.cause.words else ""
    text = f"setup meets the violation `{error.detail}`{found}"
    return Diagnostic("DR606", span, text, help="setup has to be correct code")


def _too_many(setup: Program) -> Diagnostic:
    return Diagnostic(
        "DR607",
        setup.nodes[setup.entry].span,
        f"setup has over {VALUATIONS_AT_MOST:,} combinations of choices",
        help="lower the constants that its loops run over, or choose less",
    )
