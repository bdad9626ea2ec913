# SPDX-License-Identifier: GPL-2.0-only
"""The validity check accepts what lowering makes of every shipped model, and sees each kind of mistake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dfsrace.language import ModelSource, load_model
from dfsrace.system import Initial, System, Variable
from dfsrace.system.expressions import Bound, Checked, Compare, Const, Expr, Finished, Local, Not, Quantifier, Read
from dfsrace.system.program import (
    Alloc,
    Assert,
    Assign,
    Atomic,
    AtomicBegin,
    Branch,
    Choose,
    Evaluate,
    Finish,
    Load,
    LockOperation,
    Message,
    Nop,
    Renew,
    Store,
    Wait,
)
from dfsrace.system.types import BOOL, INT, LockType, NamedType, OptionalType, PoolType, RangeType, StampType
from dfsrace.system.validate import problems
from tests.engine.build import Line, at, equal, family, invariant, number, system, thread, variable

MODELS = Path(__file__).parents[2] / "models"
SMALL = RangeType(0, 3)
WIDE = RangeType(0, 9)
SIDE = NamedType("Side", ("LEFT", "RIGHT"))
PAGE = PoolType("Page", 2)
STAMP = StampType("Version")
VARIABLES = (
    variable("count", SMALL),
    variable("lock", LockType("spinlock")),
    variable("size", WIDE, constant=True),
    variable("cache", OptionalType(PAGE), (SIDE,)),
    variable("Page.version", STAMP, owner=PAGE),
    variable("sequence", LockType("seqlock")),
)
COUNT, LOCK, SIZE, SEQUENCE = (at(VARIABLES, name) for name in ("count", "lock", "size", "sequence"))
LEFT = Const(0, SIDE)
CACHE = at(VARIABLES, "cache", LEFT)
GOOD: tuple[Line, ...] = (Load(0, COUNT), Store(COUNT, Local(0, SMALL)), Finish())
LOCALS = (SMALL, OptionalType(PAGE), BOOL, PAGE)


def one_thread(lines: Sequence[Line], variables: Sequence[Variable] = VARIABLES, **more: object) -> System:
    return system(variables, [thread("t", lines, LOCALS, **more)])  # type: ignore[arg-type]


def with_node(number: int, **changes: object) -> System:
    """The good system with one node changed after its live locals were worked out."""
    good = one_thread(GOOD)
    nodes = list(good.threads[0].nodes)
    nodes[number] = replace(nodes[number], **changes)  # type: ignore[arg-type]
    return replace(good, threads=(replace(good.threads[0], nodes=tuple(nodes)),))


def with_property(condition: Expr, says: Message | None = None) -> System:
    return replace(one_thread(GOOD), properties=(replace(invariant("p", condition), says=says),))


def with_variable(changed: Variable) -> System:
    good = system(VARIABLES, [thread("t", [Finish()])])
    return replace(good, variables=(changed, *good.variables[1:]))


def with_initial(cells: dict[int, int | None]) -> System:
    return system(VARIABLES, [thread("t", GOOD, LOCALS)], initial=[cells])


def shortened_initial() -> System:
    good = one_thread(GOOD)
    return replace(good, initial=(Initial(good.initial[0].cells[1:]),))


def split_family() -> System:
    first, second = family("t", 2, GOOD, LOCALS)
    return system(VARIABLES, [first, replace(second, nodes=tuple(list(second.nodes)))])


def twice_named() -> System:
    return replace(one_thread(GOOD), properties=(invariant("p", Const(1, BOOL)),) * 2)


def quantified(body: Expr, slot: int = 0) -> Quantifier:
    return Quantifier("all", slot, "i", SMALL, None, body)


INVALID: dict[str, tuple[Callable[[], System], str]] = {
    # the graph
    "successor": (lambda: with_node(0, next=(7,)), "the successor 7 does not exist"),
    "successors": (lambda: with_node(0, next=(1, 2)), "Load has 2 successors, not 1"),
    "finish goes on": (lambda: with_node(2, next=(0,)), "Finish has 1 successors, not 0"),
    "branch": (lambda: one_thread([(Branch(Const(1, BOOL)), (1,)), Finish()]), "Branch has 1 successors, not 2"),
    "unreachable": (lambda: one_thread([(Nop(), (2,)), Nop(), Finish()]), "no path leads to the nodes 1"),
    "entry": (lambda: replace(one_thread(GOOD), threads=(replace(thread("t", GOOD, LOCALS), entry=9),)), "entry 9"),
    "atomic from outside": (lambda: with_node(1, atomic=True), "node 1 is in an atomic block, and node 0 leads there"),
    "finish in atomic": (lambda: one_thread([AtomicBegin(), Finish()], atomic=[1]), "Finish inside an atomic block"),
    "atomic entry": (lambda: with_node(0, atomic=True), "the entry stands inside an atomic block"),
    "mark": (lambda: with_node(0, marks=(8,)), "the mark 8 is no coverage point"),
    # live locals
    "live missing": (lambda: with_node(1, live=frozenset()), "node 1: live are [0], not []"),
    "live too much": (lambda: with_node(2, live=frozenset({0})), "node 2: live are [], not [0]"),
    "live by a dead copy": (
        lambda: one_thread([Load(0, COUNT), Assign(0, Local(0, SMALL)), Finish()]),
        "node 1: live are [], not [0]",
    ),
    "unset": (lambda: one_thread([Store(COUNT, Local(0, SMALL)), Finish()]), "locals [0] may be read before"),
    "undeclared": (lambda: with_node(0, live=frozenset({9})), "a local is used that is not declared"),
    "undeclared result": (lambda: with_node(0, operation=Load(9, COUNT)), "local 9, which is not declared"),
    # expressions
    "local type": (
        lambda: one_thread([Load(0, COUNT), Store(COUNT, Local(0, RangeType(0, 2))), Finish()]),
        "local 0 is read as 0..2, but is 0..3",
    ),
    "constant's value": (lambda: with_property(equal(Const(2, SIDE), Const(0, SIDE))), "2 is not a value of Side"),
    "unbound": (lambda: with_property(equal(Bound(0, SMALL), number(1))), "bound variable 0 of type 0..3 is not bound"),
    "bound twice": (
        lambda: with_property(quantified(quantified(Const(1, BOOL)))),
        "bound variable 0 is bound twice",
    ),
    "truth": (lambda: with_property(Not(COUNT)), "a Boolean is wanted, not 0..3"),
    "no Boolean": (lambda: with_property(COUNT), "property p is 0..3, no Boolean"),
    "compared": (lambda: with_property(equal(CACHE, COUNT)), "Page | None and 0..3 are compared"),
    "order": (lambda: with_property(Compare("<", LEFT, LEFT)), "Side and Side are compared by order"),
    "index": (lambda: with_property(equal(at(VARIABLES, "cache", COUNT), CACHE)), "an index of cache may lie outside"),
    "dimensions": (lambda: with_property(equal(Read(3, (), OptionalType(PAGE)), CACHE)), "1 dimensions, not 0"),
    "variable": (lambda: with_property(equal(Read(77, (), SMALL), COUNT)), "variable 77 does not exist"),
    "variable's type": (lambda: with_property(equal(Read(0, (), WIDE), COUNT)), "count is taken as 0..9, but is 0..3"),
    "lock read": (lambda: with_property(equal(LOCK, LOCK)), "the lock lock is read"),
    "local in a property": (lambda: with_property(equal(Local(0, SMALL), COUNT)), "where there are no locals"),
    "domain": (lambda: with_property(Quantifier("all", 0, "s", STAMP, None, Const(1, BOOL))), "cannot be ranged over"),
    "check": (lambda: with_property(equal(Checked(CACHE, SMALL), COUNT)), "Page | None is checked to be 0..3"),
    "thread": (lambda: with_property(Finished(5)), "finished(5): there is no such thread"),
    "says": (
        lambda: with_property(quantified(Const(1, BOOL)), Message((Bound(1, SMALL),))),
        "property p says: the bound variable 1",
    ),
    "finished in code": (
        lambda: one_thread([Assert(Finished(0), None), Finish()]),
        "finished(...) outside a property",
    ),
    "cells in local code": (
        lambda: one_thread([(Branch(equal(COUNT, number(1))), (1, 1)), Finish()]),
        "count is not constant, and is read within a local computation",
    ),
    # operations
    "store": (lambda: one_thread([Store(COUNT, SIZE), Finish()]), "may lie outside 0..3 is stored to count"),
    "store to a constant": (lambda: one_thread([Store(SIZE, number(1)), Finish()]), "size is constant, and Store"),
    "assign": (lambda: one_thread([Assign(0, SIZE), Finish()]), "may lie outside 0..3 is assigned"),
    "evaluate": (lambda: one_thread([Evaluate(2, COUNT), Finish()]), "may lie outside bool is assigned"),
    "load": (lambda: one_thread([Load(2, COUNT), Finish()]), "count is loaded into a local of type bool"),
    "load of a lock": (lambda: one_thread([Load(0, LOCK), Finish()]), "Load on the lock lock"),
    "lock call": (lambda: one_thread([LockOperation("up", LOCK), Finish()]), "up on lock, which is spinlock"),
    "lock result": (
        lambda: one_thread([LockOperation("spin_trylock", LOCK, 0), Finish()]),
        "result of spin_trylock",
    ),
    "lock argument": (lambda: one_thread([LockOperation("read_seqretry", SEQUENCE, 2), Finish()]), "has no argument"),
    "renew": (lambda: one_thread([Renew(COUNT), Finish()]), "count is renewed, and no stamp"),
    "atomic": (lambda: one_thread([Atomic("xchg", COUNT), Finish()]), "xchg with 0 arguments"),
    "atomic type": (lambda: one_thread([Atomic("atomic_inc", CACHE), Finish()]), "atomic_inc on cache"),
    "atomic value": (lambda: one_thread([Atomic("xchg", COUNT, (SIZE,)), Finish()]), "xchg may store what is outside"),
    "alloc": (lambda: one_thread([Alloc(0, PAGE), Finish()]), "a value of Page goes into a local of type 0..3"),
    "choose": (lambda: one_thread([Choose(0, SIDE, 0, None), Finish()]), "a choice of Side goes into"),
    "wait": (lambda: one_thread([Wait(COUNT), Finish()]), "Wait tests 0..3, no Boolean"),
    # variables, valuations, threads, properties
    "initial": (lambda: with_variable(variable("count", SMALL, initial=4)), "the initial value 4 is not one of 0..3"),
    "cell type": (lambda: with_variable(variable("count", INT)), "int is no type of a cell"),
    "pool array": (lambda: with_variable(variable("count", SMALL, (PAGE,))), "the pool Page is the index of an array"),
    "dimension": (lambda: with_variable(variable("count", SMALL, (STAMP,))), "Version cannot be a dimension"),
    "owner": (
        lambda: with_variable(replace(variable("count", SMALL, owner=SIDE), dimensions=(SMALL,))),
        "its owner Side is not its first dimension",
    ),
    "semaphore": (
        lambda: with_variable(variable("count", LockType("semaphore"), initial=3)),
        "semaphore that starts at 3",
    ),
    "valuation": (lambda: with_initial({0: 4}), "initial valuation 0: count is 4, not one of 0..3"),
    "held at first": (lambda: with_initial({1: 0}), "lock is held before any thread runs"),
    "cells": (shortened_initial, "initial valuation 0 has 8 cells, not 9"),
    "no valuation": (lambda: replace(one_thread(GOOD), initial=()), "there is no initial valuation"),
    "family": (split_family, "thread t1 is of the family t, but its code is not t0's"),
    "names": (lambda: system(VARIABLES, [thread("t", [Finish()])] * 2), "the thread t is there 2 times"),
    "properties": (twice_named, "the property p is there 2 times"),
    "automatic": (
        lambda: replace(one_thread(GOOD), properties=(invariant("deadlock", Const(1, BOOL)),)),
        "has the name of an automatic one",
    ),
    "daemons": (
        lambda: system(
            VARIABLES, [thread("t", [Finish()], daemon=True)], [invariant("p", Const(1, BOOL), at_end=True)]
        ),
        "at the end of threads that are all daemons",
    ),
}


def test_a_right_system_has_no_problems() -> None:
    assert problems(one_thread(GOOD)) == []


@pytest.mark.parametrize("name", INVALID)
def test_each_mistake_is_seen(name: str) -> None:
    make, expected = INVALID[name]
    found = problems(make())
    assert any(expected in problem for problem in found), found


def test_a_stamp_that_nobody_holds_may_be_nothing_only_in_a_pool_value() -> None:
    assert problems(with_initial({5: None})) == []
    found = problems(with_initial({8: None}))
    assert found == ["initial valuation 0: sequence is None, not one of sequence sequence"]


@pytest.mark.parametrize("folder", sorted(p.name for p in MODELS.iterdir() if p.is_dir()))
def test_every_shipped_model_becomes_a_valid_system(folder: str) -> None:
    for path in sorted((MODELS / folder).glob("*.yaml")):
        assert problems(load_model(ModelSource.of(path), [], {}).system) == [], path.name


def test_an_atomic_block_that_is_entered_rightly_is_valid() -> None:
    lines: list[Line] = [AtomicBegin(), Load(0, COUNT), Store(COUNT, Local(0, SMALL)), Finish()]
    assert problems(one_thread(lines, atomic=[1, 2])) == []


def test_what_can_fail_is_used_even_when_its_result_is_not() -> None:
    lines: list[Line] = [Load(1, CACHE), Assign(3, Checked(Local(1, OptionalType(PAGE)), PAGE)), Finish()]
    made = one_thread(lines)
    assert made.threads[0].nodes[1].live == {1}
    assert problems(made) == []
