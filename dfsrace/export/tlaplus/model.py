# SPDX-License-Identifier: GPL-2.0-only
"""The whole TLA+ module of a system, and the configuration with which TLC explores it."""

from __future__ import annotations

import re
from itertools import islice

from dfsrace.diagnostics.values import dataclass
from dfsrace.engine.reference.stepping import ConcreteState, Start, Stepper, speaks_of_threads
from dfsrace.export.spin.names import NotExpressible
from dfsrace.export.tlaplus.expressions import AND, EXISTS, FINE, FINISHED, FOR_ALL, Expressions
from dfsrace.export.tlaplus.memory import Lines, MemoryText
from dfsrace.export.tlaplus.names import Names, comment, string, strings, suffix
from dfsrace.export.tlaplus.nodes import Code, NodeWriter, others
from dfsrace.export.tlaplus.operators import operators
from dfsrace.export.written import Written
from dfsrace.system import Property, System
from dfsrace.system.program import Alloc

MOST_STARTS = 10_000
LONGEST_MODULE = 20_000_000
RESERVED = {"None", "Integers", "FiniteSets", "TLC", "Naturals", "Sequences"}


@dataclass(frozen=True, slots=True)
class Module:
    """A module and its configuration: `text` belongs in NAME.tla, `configuration` in NAME.cfg beside it."""

    name: str
    text: str
    configuration: str

    def written(self) -> Written:
        """The module's file, and the configuration beside it."""
        return Written(self.text, ((".cfg", self.configuration),))


def module_name(wanted: str) -> str:
    """A name for a module that is like a text: a TLA+ identifier, in capitals where words begin."""
    words = re.findall(r"[A-Za-z0-9]+", wanted)
    name = "".join(word[:1].upper() + word[1:] for word in words)[:60]
    return name if name and name[0].isalpha() and name not in RESERVED else f"Model{name}"


def is_module_name(name: str) -> bool:
    """Whether a module may have a name: TLC wants its file to be called so."""
    return bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,99}", name)) and name not in RESERVED


def tla(system: System, name: str = "Model") -> Module:
    """A TLA+ module with as many distinct states as the system has without reductions, and its configuration.

    The variables are the cells (those of a lock by their parts), `pc`, and the live `locals` of each thread; a step of
    a thread, with each combination of its choices, is one step of `Next`. What ends in an automatic violation or finds
    a pool exhausted is no step: `Failures` has it, and the invariants AutomaticChecks and PoolsSuffice look at it. Each
    property is an invariant of its own, a reach the invariant that it is never met, which the configuration leaves to
    the user. Deadlocks are found by AutomaticChecks, not by TLC.

    Raises NotExpressible for integers beyond 32 bits, more than 10,000 initial states, none at all, and a text beyond
    20 million characters. A model that loops without a shared access makes TLC's stack overflow.
    """
    names = Names(system)
    for variable in system.variables:
        names.fits(variable.type)
    memory = MemoryText(names)
    codes = _codes(names)
    steps: Lines = []
    for code in codes:
        steps += [*_heading("; ".join(f"{system.threads[t].name}: {system.threads[t].text}" for t in code.threads)), ""]
        steps += operators(NodeWriter(code, memory))
        _not_longer(sum(map(len, steps)))
    starts = _starts(names, memory, codes)
    body = [*_cells(names), *memory.owning(), *memory.pools(), *memory.forgetting(), *others(codes, memory)]
    body += [*memory.in_use(), *_outcomes(), *steps, *_moves(names, codes), *starts, *_judging(names)]
    text = [*_head(system, name), *names.definitions(), "", *body, "=" * 78]
    return Module(name, "\n".join(text) + "\n", _configuration(system, name))


def _not_longer(length: int) -> None:
    """Refuses a text that would be too long."""
    if length > LONGEST_MODULE:
        raise NotExpressible(f"the module is longer than {LONGEST_MODULE:,} characters")


def _codes(names: Names) -> list[Code]:
    """The codes of all threads, those of a family once."""
    shared: dict[tuple[int, int], list[int]] = {}
    for place, thread in enumerate(names.system.threads):
        shared.setdefault((id(thread.nodes), id(thread.locals)), []).append(place)
    return [Code(names, number, tuple(threads)) for number, threads in enumerate(shared.values())]


def _heading(text: str) -> Lines:
    return ["", f"\\* {comment(text)}"]


def _head(system: System, name: str) -> Lines:
    constants = ", ".join(f"{key} = {value}" for key, value in system.constants)
    return [
        f"---- MODULE {name} ----",
        f"\\* {comment(system.title)}",
        f"\\* {comment(f'{system.file}: {constants}')}",
        "\\*",
        f"\\*   java -jar tla2tools.jar {name}.tla        with {name}.cfg beside it",
        "\\*",
        "\\* TLC stops at the first violation; with -continue it goes on, and its number of distinct states is that of",
        "\\* dfsrace check --reduce none. Values of pools have numbers here that say nothing of when they were made.",
        "EXTENDS Integers, FiniteSets, TLC",
        "CONSTANT None",
    ]


def _cells(names: Names) -> Lines:
    """The variables, and the record of all cells that operators hand on."""
    parts = [(index, part) for index, found in enumerate(names.parts) for part in found.values()]
    lines = ["", "VARIABLES"]
    lines += [f"    {part.name},  \\* {comment(names.system.variables[index].name)}" for index, part in parts]
    lines += ["    pc,  \\* where each thread is", "    locals  \\* the live locals of each thread", ""]
    variables = ", ".join([part.name for _, part in parts] + ["pc", "locals"])
    record = ", ".join(f"{part.name} |-> {part.name}" for _, part in parts) or "none |-> None"
    lines += [f"vars == <<{variables}>>", "", f"cells == [{record}]", ""]
    threads = ", ".join(names.threads)
    return [*lines, f"Threads == {{{threads}}}", "", *HELPERS]


HELPERS = [
    "Bit(b) == IF b THEN 1 ELSE 0",
    "Least(a, b) == IF a =< b THEN a ELSE b",
    "Greatest(a, b) == IF a >= b THEN a ELSE b",
    "Quotient(a, b) == IF b > 0 THEN a \\div b ELSE (-a) \\div (-b)",
    "Remainder(a, b) == a - b * Quotient(a, b)",
    "SumOf(f) ==",
    "    LET sum[S \\in SUBSET DOMAIN f] ==",
    "            IF S = {} THEN 0 ELSE LET x == CHOOSE y \\in S : TRUE IN f[x] + sum[S \\ {x}]",
    "    IN sum[DOMAIN f]",
    "",
    "\\* Violations by their names, an empty one for none.",
    'Earlier(a, b) == IF a # "" THEN a ELSE b',
    "Misfit(x, low, high, none) ==",
    '    IF x = None THEN none ELSE IF x < low \\/ x > high THEN "value out of range" ELSE ""',
    "InNoOrder(found) ==",
    '    IF "null dereference" \\in found THEN "null dereference"',
    '    ELSE IF found \\subseteq {""} THEN "" ELSE CHOOSE x \\in found : x # ""',
    "",
]


def _outcomes() -> Lines:
    return [
        "\\* What a step may come to: a state, or a violation with the cells that properties are to be judged on.",
        'Ended(c, at, l) == [bad |-> "", c |-> c, pc |-> at, l |-> l]',
        "Failed(why, c) == [bad |-> why, c |-> c, pc |-> None, l |-> None]",
        "",
    ]


def _moves(names: Names, codes: list[Code]) -> Lines:
    """`Next`, and what takes its place where a step fails."""
    system = names.system
    lines = ["", "\\* Steps", "Outcomes(t) =="]
    for code in codes[:-1]:
        mine = ", ".join(names.threads[t] for t in code.threads)
        lines.append(f"    IF t \\in {{{mine}}} THEN Step{code.number}(cells, t) ELSE")
    lines += [f"    Step{codes[-1].number}(cells, t)" if codes else "    {}", ""]
    parts = [part.name for found in names.parts for part in found.values()]
    lines += ["Move ==", "    \\E t \\in Threads : \\E o \\in Outcomes(t) :", '        /\\ o.bad = ""']
    lines += [f"        /\\ {name}' = o.c.{name}" for name in parts]
    lines += ["        /\\ pc' = [pc EXCEPT ![t] = o.pc]", "        /\\ locals' = [locals EXCEPT ![t] = o.l]", ""]
    lines += ["\\* That nothing moves is always possible, so that TLC asks AutomaticChecks what a deadlock is."]
    lines += ["Next == Move \\/ UNCHANGED vars", ""]
    unfinished = [names.threads[t] for t, thread in enumerate(system.threads) if not thread.daemon]
    return [
        *lines,
        f"AllEnded == \\A t \\in {{{', '.join(unfinished)}}} : pc[t] = {FINISHED}",
        "Deadlock == ~AllEnded /\\ \\A t \\in Threads : Outcomes(t) = {}",
        "",
    ]


def _starts(names: Names, memory: MemoryText, codes: list[Code]) -> Lines:
    """The initial states, worked out here, and what fails on the way to one."""
    found = list(islice(Stepper(names.system).each_start(), MOST_STARTS + 1))
    if len(found) > MOST_STARTS:
        raise NotExpressible(f"it has more than {MOST_STARTS:,} initial states")
    states: dict[tuple[str, ...], None] = {}
    length = 0
    for start in found:
        if start.state is not None:
            state = _state(names, memory, codes, start.state)
            length += 0 if state in states else sum(map(len, state))
            states[state] = None
            _not_longer(length)
    if not states:
        raise NotExpressible("it has no initial state: each ends in a violation before the first step")
    lines = ["\\* Initial states", "Init =="]
    for state in states:
        lines += [f"    \\/ /\\ {state[0]}", *(f"       /\\ {one}" for one in state[1:])]
    failing = dict.fromkeys(_failing(memory, start) for start in found if start.state is None)
    if names.system.exhausted is not None:
        failing[f"Failed({string(f'pool {names.system.exhausted} exhausted')}, None)"] = None
    return [*lines, "", f"StartFailures == {{{', '.join(failing)}}}", ""]


def _state(names: Names, memory: MemoryText, codes: list[Code], state: ConcreteState) -> tuple[str, ...]:
    """The conjuncts that say a state."""
    threads = names.system.threads
    locals_ = [(threads[t].locals[slot].type, value) for t, live in enumerate(state.locals) for slot, value in live]
    held = names.memory.held(state.cells, locals_)
    lines = [f"{name} = {text}" for name, text in memory.valuation(state.cells, held)]
    places, stored = [], []
    for code in codes:
        for t in code.threads:
            label = code.labels.get(state.nodes[t], FINISHED)
            values = {slot: names.value(threads[t].locals[slot].type, value) for slot, value in state.locals[t]}
            places.append(f"{names.threads[t]} :> {label}")
            stored.append(f"{names.threads[t]} :> {code.stored(frozenset(values), values)}")
    return (*lines, f"pc = ({' @@ '.join(places) or '<<>>'})", f"locals = ({' @@ '.join(stored) or '<<>>'})")


def _failing(memory: MemoryText, start: Start) -> str:
    """What a thread's first local steps ended in, with the cells."""
    result = start.results[-1]
    why = result.violation or f"pool {result.exhausted} exhausted"
    cells = ", ".join(f"{name} |-> {text}" for name, text in memory.valuation(start.cells, None)) or "none |-> None"
    return f"Failed({string(why)}, [{cells}])"


# ---- properties


def property_name(place: int, prop: Property) -> str:
    """The operator of a property; of a reach `Met...`, whose negation is `Never...`."""
    return f"{'Met' if prop.kind == 'reach' else 'Holds'}{place}{suffix(prop.name)}"


def invariant_name(place: int, prop: Property) -> str:
    """The invariant of a property that TLC is given."""
    return f"{'Never' if prop.kind == 'reach' else 'Inv'}{place}{suffix(prop.name)}"


def _no_local(slot: int) -> str:
    raise TypeError(f"a property speaks of the local {slot}")


def _judging(names: Names) -> Lines:
    """The properties as invariants, and all names of what a state violates."""
    system = names.system
    lines: Lines = [
        "\\* Properties",
        'Failures == StartFailures \\cup UNION {{o \\in Outcomes(t) : o.bad # ""} : t \\in Threads}',
        f"Exhausted == {{{', '.join(string(f'pool {pool.name} exhausted') for pool in names.pools)}}}",
        "AutomaticallyViolated ==",
        '    ({o.bad : o \\in Failures} \\ Exhausted) \\cup (IF Deadlock THEN {"deadlock"} ELSE {})',
        "AutomaticChecks ==",
        '    LET found == AutomaticallyViolated IN found = {} \\/ (PrintT(<<"violated", found>>) /\\ FALSE)',
        "PoolsSuffice == {o.bad : o \\in Failures} \\cap Exhausted = {}",
        "JudgedCells == {cells} \\cup ({o.c : o \\in Failures} \\ {None})",
        "",
    ]
    expressions = Expressions(names, _no_local)
    for place, prop in enumerate(system.properties):
        lines += _property(expressions, place, prop)
    said = strings(prop.name for prop in system.properties)
    unmet = [f"(IF {invariant_name(n, p)} THEN {{}} ELSE {{{said[n]}}})" for n, p in enumerate(system.properties)]
    return [*lines, "\\* The names of all that this state violates, of a reach that it is met.", *_all(unmet)]


def _all(sets: list[str]) -> Lines:
    return ["Violated ==", "    AutomaticallyViolated", *(f"    \\cup {one}" for one in sets), ""]


def _property(expressions: Expressions, place: int, prop: Property) -> Lines:
    name, code, value = property_name(place, prop), expressions.code(prop.condition), expressions.value(prop.condition)
    lines = [f"\\* {prop.kind} {comment(prop.name)}, {comment(str(prop.span))}", f"{name}(c) =="]
    if code == FINE:
        lines += [f"    {value}"]
    else:
        error = f"Assert(FALSE, <<{string(f'evaluating {prop.name} meets')}, bad>>)"
        lines += [f"    LET bad == {code}", f'    IN IF bad # "" THEN {error} ELSE', f"    {value}"]
    if speaks_of_threads(prop):
        judged = f"{name}(cells)"
    else:
        judged = f"{EXISTS if prop.kind == 'reach' else FOR_ALL} c \\in JudgedCells : {name}(c)"
    judged = f"(AllEnded {AND if prop.kind == 'reach' else '=>'} {judged})" if prop.at_end else judged
    negated = f"~({judged})" if prop.kind == "reach" else judged
    return [*lines, f"{invariant_name(place, prop)} == {negated}", ""]


def _configuration(system: System, name: str) -> str:
    lines = [f"\\* The configuration of {name}.tla", "INIT Init", "NEXT Next"]
    lines += ["CONSTANT None = None", "INVARIANT AutomaticChecks"]
    lines += ["INVARIANT PoolsSuffice"] if _may_exhaust(system) else []
    for place, prop in enumerate(system.properties):
        if prop.kind == "invariant":
            lines.append(f"INVARIANT {invariant_name(place, prop)}")
    for place, prop in enumerate(system.properties):
        if prop.kind == "reach":
            lines.append(f"\\* TLC shows how {comment(prop.name)} is met where this invariant is violated:")
            lines.append(f"\\* INVARIANT {invariant_name(place, prop)}")
    return "\n".join(lines) + "\n"


def _may_exhaust(system: System) -> bool:
    operations = [node.operation for thread in system.threads for node in thread.nodes]
    return system.exhausted is not None or any(isinstance(one, Alloc) for one in operations)
