# SPDX-License-Identifier: GPL-2.0-only
"""Random systems with everything in them: locks of every kind, pools with fields, stamps, atomic blocks, families."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from dfsrace.system import Property, System, Variable
from dfsrace.system.expressions import (
    And,
    Arithmetic,
    Bound,
    Checked,
    Compare,
    Const,
    Expr,
    Finished,
    IfElse,
    Local,
    Not,
    Or,
    Quantifier,
    Read,
)
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
    Nop,
    Operation,
    Renew,
    Sleep,
    Store,
    Thread,
    Wait,
)
from dfsrace.system.types import (
    BOOL,
    INT,
    NONE,
    LockKind,
    LockType,
    NamedType,
    OptionalType,
    PoolType,
    RangeType,
    StampType,
    Type,
)
from tests.engine.build import Line, family, invariant, reach, system, thread, variable

NODE = NamedType("Node", ("A", "B"))
SMALL = RangeType(0, 2)
LATE = RangeType(1, 3)
PAGE = PoolType("Page", 2)
MAYBE_PAGE = OptionalType(PAGE)
CONTENTS = StampType("Contents")
MAYBE_NUMBER = OptionalType(LATE)

VARIABLES = (
    variable("n", SMALL),
    variable("late", LATE),
    variable("of", MAYBE_NUMBER, (NODE,)),
    variable("flag", BOOL, (SMALL,)),
    variable("home", NODE, constant=True),
    variable("cache", MAYBE_PAGE, (NODE,)),
    variable("disk", CONTENTS),
    variable("Page.owner", OptionalType(NODE), owner=PAGE),
    variable("Page.data", CONTENTS, owner=PAGE),
    variable("Page.next", MAYBE_PAGE, owner=PAGE),
    variable("Page.old", OptionalType(CONTENTS), owner=PAGE),
)
LOCKS: dict[LockKind, tuple[str, ...]] = {
    "spinlock": ("spin_lock", "spin_trylock", "spin_unlock"),
    "mutex": ("mutex_lock", "mutex_trylock", "mutex_unlock"),
    "bit_lock": ("lock_page", "trylock_page", "unlock_page"),
    "semaphore": ("down", "down_trylock", "up"),
    "rwlock": ("read_lock", "read_trylock", "read_unlock", "write_lock", "write_trylock", "write_unlock"),
    "rwsem": (
        "down_read",
        "down_read_trylock",
        "up_read",
        "down_write",
        "down_write_trylock",
        "up_write",
        "downgrade_write",
    ),
    "seqlock": ("read_seqbegin", "read_seqretry", "write_seqlock", "write_sequnlock"),
    "seqcount": ("read_seqcount_begin", "read_seqcount_retry", "write_seqcount_begin", "write_seqcount_end"),
}

SECTIONS: dict[LockKind, list[tuple[str, str]]] = {
    "spinlock": [("spin_lock", "spin_unlock")],
    "mutex": [("mutex_lock", "mutex_unlock")],
    "bit_lock": [("lock_page", "unlock_page")],
    "semaphore": [("down", "up")],
    "rwlock": [("read_lock", "read_unlock"), ("write_lock", "write_unlock")],
    "rwsem": [("down_read", "up_read"), ("down_write", "up_write")],
    "seqlock": [("write_seqlock", "write_sequnlock")],
    "seqcount": [("write_seqcount_begin", "write_seqcount_end")],
}

# Locals of every thread, by slot.
SLOTS: tuple[Type, ...] = (SMALL, MAYBE_PAGE, CONTENTS, BOOL, MAYBE_NUMBER, PAGE, NODE, StampType("lock sequence"))
SEQUENCE = 7


@dataclass(slots=True)
class Maker:
    """Makes one system from a seed; a careful one makes few mistakes, so that more of its states are reached."""

    random: Random
    careful: bool = False
    variables: list[Variable] = field(default_factory=lambda: list(VARIABLES))
    known: set[int] = field(default_factory=set)
    lock: LockKind = "spinlock"

    def place(self, name: str) -> int:
        return next(i for i, v in enumerate(self.variables) if v.name == name)

    def read(self, name: str, *indices: Expr) -> Read:
        place = self.place(name)
        return Read(place, indices, self.variables[place].type)

    def local(self, kind: Type) -> Expr | None:
        slots = [s for s in sorted(self.known) if SLOTS[s] == kind]
        return Local(self.random.choice(slots), kind) if slots else None

    # ---- expressions over locals

    def number(self) -> Expr:
        pick = self.random.randrange(4)
        if pick == 0 and (local := self.local(SMALL)) is not None:
            return local
        if pick == 1 and (local := self.local(MAYBE_NUMBER)) is not None:
            return Checked(local, LATE)
        if pick == 2:
            operator = self.random.choice(["+", "-", "*", "//", "%", "min", "max"])
            return Arithmetic(operator, self.number(), self.number())  # type: ignore[arg-type]
        value = self.random.randrange(3)
        return Const(value, RangeType(value, value))

    def node(self) -> Expr:
        local = self.local(NODE)
        return local if local is not None and self.random.random() < 0.5 else Const(self.random.randrange(2), NODE)

    def page(self) -> Expr | None:
        if self.careful:
            return self.local(PAGE)
        one, other = self.local(PAGE), self.local(MAYBE_PAGE)
        return one if one is not None else None if other is None else Checked(other, PAGE)

    def test(self) -> Expr:
        tests: list[Expr] = [Compare(self.random.choice(["==", "<", ">=", "!="]), self.number(), self.number())]
        for kind in (MAYBE_PAGE, MAYBE_NUMBER):
            if (local := self.local(kind)) is not None:
                tests.append(Compare("==", local, Const(None, NONE)))
        if (flag := self.local(BOOL)) is not None:
            tests += [flag, Or((flag, tests[0])), And((Not(flag), tests[0]))]
        if (number := self.local(MAYBE_NUMBER)) is not None:
            tests.append(Compare("==", number, self.number()))
        return self.random.choice(tests)

    def fitting(self, kind: RangeType) -> Expr:
        value = self.number()
        if self.careful:
            value = Const(self.random.randint(kind.low, kind.high), kind)
        if isinstance(value, Const) and value.value is not None and kind.low <= value.value <= kind.high:
            return value
        return Checked(value, kind)

    # ---- conditions over cells

    def condition(self) -> Expr:
        n = self.read("n")
        page = Bound(1, PAGE)
        options: list[Expr] = [
            Compare("==", n, self.number()),
            Quantifier("any", 0, "x", NODE, None, Compare("!=", self.read("of", Bound(0, NODE)), Const(None, NONE))),
            Quantifier("all", 0, "i", SMALL, Compare("<", Bound(0, SMALL), n), self.read("flag", Bound(0, SMALL))),
            Compare("<", Quantifier("sum", 0, "i", SMALL, None, self.read("flag", Bound(0, SMALL))), Const(2, INT)),
            Compare("==", self.read("cache", Const(0, NODE)), self.read("cache", Const(1, NODE))),
            Quantifier("all", 1, "p", PAGE, None, Compare("!=", self.read("Page.owner", page), Const(1, NODE))),
            Quantifier("any", 1, "p", PAGE, None, Compare("==", self.read("Page.data", page), self.read("disk"))),
            Quantifier(
                "any", 1, "p", PAGE, None, Compare("==", self.read("Page.data", page), self.read("Page.old", page))
            ),
            IfElse(Compare("<", n, Const(1, SMALL)), self.read("flag", n), Not(self.read("flag", n)), BOOL),
        ]
        return self.random.choice(options)

    # ---- operations

    def operation(self) -> Operation:
        makers = [self.loading, self.storing, self.pool, self.locking, self.calculating, self.other]
        if self.careful:
            makers = [self.loading, self.storing, self.storing, self.pool, self.calculating, self.choosing]
        return self.random.choice(makers)()

    def loading(self) -> Operation:
        page = self.page()
        options: list[tuple[int, Read]] = [
            (0, self.read("n")),
            (4, self.read("of", self.node())),
            (1, self.read("cache", self.node())),
            (2, self.read("disk")),
            (3, self.read("flag", self.fitting(SMALL))),
        ]
        if page is not None:
            options += [(2, self.read("Page.data", page)), (1, self.read("Page.next", page))] * 2
        slot, access = self.random.choice(options)
        self.known.add(slot)
        return Load(slot, access)

    def storing(self) -> Operation:
        page, some = self.page(), self.local(MAYBE_PAGE)
        options: list[Operation] = [
            Store(self.read("n"), self.fitting(SMALL)),
            Store(self.read("late"), self.fitting(LATE)),
            Store(self.read("of", self.node()), self.random.choice([Const(None, NONE), self.fitting(LATE)])),
            Store(self.read("flag", self.fitting(SMALL)), self.test()),
            Store(self.read("cache", self.node()), some or Const(None, NONE)),
            Renew(self.read("disk")),
        ]
        if page is not None:
            options += [
                Store(self.read("cache", self.node()), page),
                Store(self.read("Page.owner", page), self.node()),
                Store(self.read("Page.next", page), some or Const(None, NONE)),
                Renew(self.read("Page.data", page)),
                Store(self.read("Page.old", page), self.local(CONTENTS) or Const(None, NONE)),
                Renew(self.read("Page.old", page)),
                Store(self.read("cache", self.node()), page),
            ]
        if (stamp := self.local(CONTENTS)) is not None:
            options.append(Store(self.read("disk"), stamp))
        return self.random.choice(options)

    def pool(self) -> Operation:
        slot = self.random.choice([1, 5])
        self.known.add(5 if self.random.random() < 0.7 else slot)
        chosen = 5 if 5 in self.known else slot
        self.known.add(chosen)
        if self.random.random() < 0.3:
            return Choose(chosen, PAGE, 9, self.random.choice([None, self.condition()]))
        return Alloc(chosen, PAGE)

    def locking(self) -> Operation:
        call = self.random.choice(LOCKS[self.lock])
        variable_ = self.variables[self.place("lock")]
        access = Read(self.place("lock"), (), variable_.type)
        if variable_.owner is not None:
            page = self.page()
            if page is None:
                return Nop()
            access = Read(self.place("lock"), (page,), variable_.type)
        if call.endswith("retry"):
            if SEQUENCE not in self.known:
                return Nop()
            self.known.add(3)
            return LockOperation(call, access, 3, Local(SEQUENCE, SLOTS[SEQUENCE]))
        if call.startswith("read_seq"):
            self.known.add(SEQUENCE)
            return LockOperation(call, access, SEQUENCE)
        if "trylock" in call:
            self.known.add(3)
            return LockOperation(call, access, 3)
        return LockOperation(call, access)

    def choosing(self) -> Operation:
        slot = self.random.choice([3, 6, 0])
        self.known.add(slot)
        return Choose(slot, SLOTS[slot], 9, None)

    def calculating(self) -> Operation:
        slot = self.random.choice([0, 3, 4, 6])
        values: dict[int, Expr] = {
            0: self.fitting(SMALL),
            3: self.test(),
            4: self.random.choice([Const(None, NONE), self.fitting(LATE)]),
            6: self.node(),
        }
        self.known.add(slot)
        return Assign(slot, values[slot])

    def other(self) -> Operation:
        n, late = self.read("n"), self.read("late")
        old, new = self.number(), self.fitting(SMALL)
        local = self.random.choice([None, 0])
        options: list[Operation] = [
            Sleep("might_sleep"),
            Wait(self.condition()),
            Assert(self.condition(), None),
            Choose(3, BOOL, 9, None),
            Choose(6, NODE, 9, Compare("!=", self.read("of", Bound(9, NODE)), Const(None, NONE))),
            Evaluate(3, self.condition()),
            Atomic("atomic_inc", n),
            Atomic("atomic_dec", late),
            Atomic("atomic_dec_and_test", n, (), 3),
            Atomic("xchg", n, (new,), local),
            Atomic("cmpxchg", n, (old, new), local),
        ]
        picked = self.random.choice(options)
        if isinstance(picked, Choose | Evaluate | Atomic) and picked.local is not None:
            self.known.add(picked.local)
        return picked

    # ---- threads

    def code(self, length: int, loops: bool) -> tuple[list[Line], list[int]]:
        """Lines and the places within atomic blocks."""
        self.known = set()
        lines: list[Line] = []
        atomic: list[int] = []
        open_until = -1
        end = length + 2
        while len(lines) < length:
            here = len(lines)
            inside = here < open_until
            if not inside and self.random.random() < 0.12:
                open_until = min(length, here + 1 + self.random.randrange(1, 4))
                lines.append(AtomicBegin())
                continue
            if inside:
                atomic.append(here)
            if self.careful and not inside and self.random.random() < 0.3:
                lines += self.section()
            elif not inside and here > 1 and self.random.random() < 0.2:
                lines.append((Branch(self.test()), (here + 1, end - 1)))
            else:
                lines.append(self.operation())
        back = 0 if loops and not atomic else end - 1
        lines.append((Load(0, self.read("n")), (back,)))
        lines.append(Finish())
        return lines, atomic

    def section(self) -> list[Operation]:
        """A lock taken and released, with something in between."""
        take, release = self.random.choice(SECTIONS[self.lock])
        place = self.place("lock")
        page = self.page() if self.variables[place].owner is not None else None
        if self.variables[place].owner is not None and page is None:
            return [Alloc(5, PAGE)] if 5 in self.known else [self.loading()]
        access = Read(place, () if page is None else (page,), self.variables[place].type)
        inside = self.random.choice([self.storing, self.loading])()
        return [LockOperation(take, access), inside, LockOperation(release, access)]

    def make(self) -> System:
        self.lock = self.random.choice(list(LOCKS))
        owner = PAGE if self.random.random() < 0.3 else None
        self.variables.append(variable("lock", LockType(self.lock), owner=owner))
        threads: list[Thread] = []
        for i in range(self.random.choice([1, 2, 2])):
            lines, atomic = self.code(self.random.randrange(2, 6), self.random.random() < 0.3)
            if self.random.random() < 0.4 and not threads:
                threads += family("f", self.random.choice([2, 2, 3]), lines, SLOTS) if not atomic else []
            threads.append(thread(f"t{i}", lines, SLOTS, atomic=atomic, daemon=self.random.random() < 0.2))
        return system(self.variables, threads[:3], self.properties(len(threads[:3])), self.initial())

    def properties(self, threads: int) -> list[Property]:
        self.known = set()
        if self.random.random() < 0.4:
            return []
        ends = And((Finished(self.random.randrange(threads)), self.condition()))
        found = [invariant("one", self.condition()), invariant("last", self.condition(), at_end=True)]
        found.append(reach("met", self.condition()))
        return [*found, invariant("some", Not(ends))] if self.random.random() < 0.3 else found

    def initial(self) -> list[dict[int, int]]:
        return [{}, {0: 1}] if self.random.random() < 0.3 else [{}]


def random_system(seed: int) -> System:
    """The system of a seed; every other one is a careful one."""
    return Maker(Random(seed), careful=seed % 2 == 1).make()
