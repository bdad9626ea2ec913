# SPDX-License-Identifier: GPL-2.0-only
"""Random models as text, through the real language: types, state, setup, procedures, threads, properties."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.random.code import EXCLUSIVE, SIDES, Coder, Lines, Scope, State, indented
from tests.random.dice import Dice
from tests.random.flaws import FLAWS, feasible

KINDS = [kind for kind in SIDES if kind != "seqcount"]
# Threads by name, and how much each may do.
CASTS: list[dict[str, int]] = [
    {"t0": 8, "t1": 8},
    {"cpu[0..1]": 8},
    {"cpu[0..1]": 4, "t1": 4},
    {"cpu[1..3]": 3},
    {"t0": 4, "t1": 4, "t2": 3},
]
FEATURES = [
    [],
    ["pool"],
    ["stamp"],
    ["nodes"],
    ["optional"],
    ["array"],
    ["pool", "optional"],
    ["pool", "stamp"],
    ["nodes", "stamp"],
]


@st.composite
def models(draw: st.DrawFn) -> str:
    """The text of a model that loads; most are small, about half are meant to hold."""
    dice = Dice(draw)
    state, declared = _state(dice)
    cast = dice.pick(CASTS)
    coder = Coder(dice, state)
    tidy = dice.chance(2)
    setup = _setup(dice, state)
    procedures = _procedures(coder)
    if not tidy:
        checks = feasible(coder)
        coder.flaws = [FLAWS[dice.pick(checks)] for _ in range(dice.pick([1, 2, 2, 3]))]
    threads = _threads(coder, cast)
    properties = _properties(coder, cast, tidy)
    return "\n".join(["model: random", *declared, *setup, *procedures, *threads, *properties, ""])


def _state(dice: Dice) -> tuple[State, Lines]:
    """What is declared, for code and as text."""
    state = State()
    types = ["  Small: 0..2"]
    cells = ["  x: Small", "  flag: bool"]
    for feature in dice.pick(FEATURES):
        _feature(dice, state, feature, types, cells)
    if dice.chance(2):
        cells.append("  y: Small = 1")
        state.numbers.append("y")
    _locks(dice, state, cells)
    mode = dice.pick("01")
    return state, [f"constants: {{MODE: {mode}}}", "types:", *types, "state:", *cells]


def _feature(dice: Dice, state: State, feature: str, types: Lines, cells: Lines) -> None:
    match feature:
        case "pool":
            types.append(f"  Page: pool({dice.pick('323')})")
            cells += ["  p: Page | None", "  q: Page | None"]
            state.pages = ["p", "q"]
            fields = {"x": "Small", "next": "Page | None", "lock": "bit_lock"}
            chosen = dice.pick([["x"], ["lock"], ["next"], ["x", "lock"], ["guard"], ["x", "guard"]])
            for name in chosen:
                if name == "guard":
                    state.guard = dice.pick(["spinlock", "mutex", "rwlock", "rwsem", "seqlock"])
                cells.append(f"  Page.{name}: {fields.get(name, state.guard)}")
            state.page_fields = set(chosen)
        case "stamp":
            types.append("  Version: stamp")
            cells += ["  v: Version", "  w: Version", "  was: Version | None"]
            state.stamps = ["v", "w"]
            if state.pages:
                cells.append("  Page.v: Version")
                state.page_fields.add("v")
        case "nodes":
            types.append("  Who: [A, B]")
            cells += ["  Who.count: Small", "  home: Who = B"]
            state.numbers += ["A.count", "home.count"]
            state.nodes = True
        case "array":
            cells.append("  slot[Small]: Small")
            state.array = True
        case "optional":
            cells.append("  may: Small | None")
            state.optional = ["may"]


def _locks(dice: Dice, state: State, cells: Lines) -> None:
    """One or two locks; a seqcount comes behind an exclusive lock."""
    kinds = [dice.pick(KINDS) for _ in range(dice.pick([1, 1, 2]))]
    if dice.chance(5):
        kinds = [dice.pick(["spinlock", "mutex"]), "seqcount"]
    for number, kind in enumerate(kinds):
        if state.nodes and dice.chance(3):
            cells.append(f"  l{number}[Who]: {kind}")
            state.locks.append((f"l{number}[{dice.pick(['A', 'home'])}]", kind))
        else:
            cells.append(f"  l{number}: {kind}")
            state.locks.append((f"l{number}", kind))
    if kinds[0] in EXCLUSIVE and dice.chance(2):
        cells.append("  inside: Small")
        state.counted = state.locks[0][0]


def _setup(dice: Dice, state: State) -> Lines:
    menu = [[], [], ["x = choose(Small)"], ["flag = maybe()"], ["if maybe():", "    x = 1"]]
    menu.append(["x = choose(i for i in Small if i != 1)"])
    if state.pages:
        menu += [["p = alloc(Page)"], ["p = alloc(Page)"], ["if maybe():", "    p = alloc(Page)"]]
        menu += [["p = alloc(Page)", "q = alloc(Page)"], ["page = alloc(Page)", "p = page", "q = page"]]
    if state.stamps:
        menu.append(["if maybe():", "    renew(w)"])
    lines = dice.pick(menu) + (dice.pick(menu[2:5]) if dice.chance(3) else [])
    return ["setup: |", *indented(lines)] if lines else []


def _procedures(coder: Coder) -> Lines:
    """Up to two procedures, which call nothing themselves."""
    lines: Lines = []
    for name in coder.dice.pick([[], ["use"], ["take"], ["use", "take"]]):
        count = f"{name}{len(coder.helpers)}"
        if name == "use":
            body = coder.block(Scope(numbers=("a",), helper=True), 2)
            lines += [f"  def {count}(a: Small):", *indented(indented(body))]
        else:
            body = coder.block(Scope(helper=True, result=True), 2)
            body.append(f"return {coder.number(Scope())}")
            lines += [f"  def {count}() -> Small:", *indented(indented(body))]
        coder.helpers.append(count)
    return ["procedures: |", *lines] if lines else []


def _threads(coder: Coder, cast: dict[str, int]) -> Lines:
    lines = ["threads:"]
    dice = coder.dice
    handshake = len(cast) == len([name for name in cast if "[" not in name]) and dice.chance(3)
    endless = False
    for place, (name, budget) in enumerate(cast.items()):
        last = place == len(cast) - 1
        if place > 0 and handshake and dice.chance(2):
            body = ["wait_event(x >= 0 or flag)", *coder.block(Scope(), budget - 1)]
        else:
            body = coder.block(Scope(), budget)
        if last:
            while coder.flaws:
                body += coder.flaws.pop()(coder, Scope())
        endless = place > 0 and last and dice.chance(3)
        if endless:
            body = ["while True:", *indented(body), "    x = 0"]
        if endless and dice.chance(2):
            lines += [f"  {name}:", "    daemon: true", "    run: |", *indented(indented(indented(body)))]
        else:
            lines += [f"  {name}: |", *indented(indented(body))]
    return lines


def _properties(coder: Coder, cast: dict[str, int], tidy: bool) -> Lines:
    """Invariants, some of them true by construction, and conditions to be reached."""
    dice, state = coder.dice, coder.state
    true = ["x <= 2", "flag or not flag"]
    if state.counted:
        true += ["inside <= 1"] * 3
    if state.nodes:
        true.append("all(node.count <= 2 for node in Who)")
    if "x" in state.page_fields:
        true += [
            "all(o.x <= 2 for o in Page)",
            "p is None or p.x < 3",
            "all(o != p or o == p for o in Page for r in Page)",
        ]
    if state.stamps:
        true.append("v == w or v != w")
    names = [name for name in cast if "[" not in name] or ["cpu1"]
    lines = ["invariants:", f"  first: {dice.pick(true)}"]
    if dice.chance(4):
        lines.append(f"  named: {dice.pick(true)} or finished({dice.pick(names)})")
    if state.counted and dice.chance(2):
        lines += ["  last:", "    at: end", "    holds: inside == 0"]
    if not tidy and dice.chance(2):
        at_end = dice.pick([[], ["    at: end"]])
        lines += ["  guess:", *at_end, f"    holds: {coder.test(Scope())}", '    says: "x was {x}"']
    if dice.chance(4):
        lines += ["reach:", f"  seen: {dice.pick(['x <= 2', coder.test(Scope())])}"]
    return lines
