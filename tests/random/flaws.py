# SPDX-License-Identifier: GPL-2.0-only
"""The ten mistakes that the automatic checks are about, as a few lines each."""

from __future__ import annotations

from tests.random.code import SIDES, SLEEPING, SPINNING, TRYLOCKS, Coder, Flaw, Lines, Scope, indented


def feasible(coder: Coder) -> list[str]:
    """The checks that the model's state allows a mistake of."""
    kinds = {kind for _, kind in coder.state.locks}
    found = ["deadlock", "assertion", "value out of range", "blocks inside atomic"]
    found += ["null dereference"] if coder.state.pages or coder.state.optional else []
    found += ["unlock of a lock not held"] if kinds else []
    found += ["lock taken twice", "lock held at exit"] if kinds - {"semaphore"} else []
    found += ["seqcount written twice"] if "seqcount" in kinds else []
    found += ["sleeping while atomic"] if kinds & set(SPINNING) else []
    return found


def _owned(coder: Coder, kinds: tuple[str, ...] = ()) -> tuple[str, str]:
    """A lock with an owner (of one of the kinds)."""
    return coder.dice.pick(
        [(lock, k) for lock, k in coder.state.locks if k in (kinds or tuple(SIDES)) and k != "semaphore"]
    )


def _taken(coder: Coder, lock: str, kind: str) -> tuple[str, str]:
    return coder.dice.pick([(f"{take}({lock})", f"{go}({lock})") for take, go in SIDES[kind]])


def _page(coder: Coder, lines: Lines) -> Lines:
    """Lines about a page that is there, its name in the place of {}."""
    name = coder.name("g")
    inner = [line.format(name) for line in lines]
    return [f"{name} = {coder.dice.pick(coder.state.pages)}", f"if {name} is not None:", *indented(inner)]


def _deadlock(coder: Coder, scope: Scope) -> Lines:
    locks = coder.state.locks
    if "lock" in coder.state.page_fields and coder.dice.chance(2):
        return _page(coder, ["lock_page({})", "lock_page({})"])
    if len(locks) > 1 and coder.dice.chance(2):
        (first, one), (second, other) = locks[1], locks[0]
        taken, inner = _taken(coder, first, one), _taken(coder, second, other)
        return [taken[0], inner[0], inner[1], taken[1]]
    return [f"wait_event({coder.test(scope)})"]


def _assertion(coder: Coder, scope: Scope) -> Lines:
    pick = coder.dice.pick
    guess = f"{pick(coder.state.numbers)} {pick(['==', '!='])} {pick('012')}"
    return [f'assert {pick([guess, guess, coder.test(scope)])}, "x was {{x}}"']


def _null(coder: Coder, scope: Scope) -> Lines:
    if coder.state.pages and coder.state.page_fields & {"x", "next"}:
        page = coder.dice.pick(coder.state.pages)
        field = coder.dice.pick(sorted(coder.state.page_fields & {"x", "next"}))
        return [f"{page}.{field} = {'1' if field == 'x' else 'None'}"]
    if coder.state.optional:
        may = coder.dice.pick(coder.state.optional)
        lines = [f"x = {may}", f"{may} += 1", f"x = ({may} + x) % 3", f"x = (x - {may}) % 3", f"flag = x < {may}"]
        return [coder.dice.pick(lines)]
    name = coder.name("g")
    return [f"{name}: Page = {coder.dice.pick(coder.state.pages)}", f"{coder.state.pages[0]} = {name}"]


def _range(coder: Coder, scope: Scope) -> Lines:
    cell, pick = coder.dice.pick(coder.state.numbers), coder.dice.pick
    lines = [f"{cell} = {cell} + 1", f"{cell} += 1", f"atomic_inc({cell})", f"{cell} -= 1", f"x = 2 // {cell}"]
    if coder.state.array:
        lines += ["x = slot[x + 1]", "slot[x + 1] = 1", "slot[x + 1] += 1", f"slot[x] //= {cell}"]
    if any(kind == "semaphore" for _, kind in coder.state.locks):
        lines.append(f"up({next(lock for lock, kind in coder.state.locks if kind == 'semaphore')})")
    return [pick(lines)]


def _blocks(coder: Coder, scope: Scope) -> Lines:
    locks = [(lock, kind) for lock, kind in coder.state.locks if kind != "seqcount"]
    if locks and coder.dice.chance(2):
        take, go = _taken(coder, *coder.dice.pick(locks))
        return ["with atomic:", "    x = 1", f"    {take}", f"    {go}"]
    return ["with atomic:", "    x = 1", f"    wait_event({coder.test(scope)})"]


def _unlock(coder: Coder, scope: Scope) -> Lines:
    locks = [(lock, kind) for lock, kind in coder.state.locks if kind != "semaphore"] or coder.state.locks
    if "lock" in coder.state.page_fields and coder.dice.chance(2):
        return _page(coder, ["unlock_page({})"])
    lock, kind = coder.dice.pick(locks)
    return [_taken(coder, lock, kind)[1]]


def _twice(coder: Coder, scope: Scope) -> Lines:
    lock, kind = _owned(coder)
    outer, inner = _taken(coder, lock, kind), _taken(coder, lock, kind)
    return [outer[0], inner[0], inner[1], outer[1]]


def _seqcount(coder: Coder, scope: Scope) -> Lines:
    lock, kind = _owned(coder, ("seqcount",))
    take, go = _taken(coder, lock, kind)
    return [take, "x = 1", go]


def _held(coder: Coder, scope: Scope) -> Lines:
    lock, kind = _owned(coder)
    if kind in TRYLOCKS and coder.dice.chance(2):
        return [f"if {coder.dice.pick(TRYLOCKS[kind])}({lock}):", "    x = 1"]
    return [_taken(coder, lock, kind)[0]]


def _sleeping(coder: Coder, scope: Scope) -> Lines:
    take, go = _taken(coder, *_owned(coder, SPINNING))
    sleeps = ["might_sleep()", "cond_resched()", f"wait_event({coder.test(scope, 0)})"]
    others = [(lock, kind) for lock, kind in coder.state.locks if kind in SLEEPING]
    if others:
        lock, kind = coder.dice.pick(others)
        section = _taken(coder, lock, kind)
        sleeps += ["\n".join(section)]
    body = coder.dice.pick(sleeps).split("\n")
    if coder.dice.chance(2):
        body = [f"if {coder.test(scope, 0)}:", *indented(body)]
    return [take, *body, go]


FLAWS: dict[str, Flaw] = {
    "deadlock": _deadlock,
    "assertion": _assertion,
    "null dereference": _null,
    "value out of range": _range,
    "blocks inside atomic": _blocks,
    "unlock of a lock not held": _unlock,
    "lock taken twice": _twice,
    "seqcount written twice": _seqcount,
    "lock held at exit": _held,
    "sleeping while atomic": _sleeping,
}
