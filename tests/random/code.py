# SPDX-License-Identifier: GPL-2.0-only
"""Random code in the model language: what threads and procedures do, tidily or with one of the ten mistakes.

Tidy code takes its locks in one order, looks before it dereferences, keeps to ranges and lets go of what it took, so
that many models hold; a flaw is a few lines that one automatic check is about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tests.random.dice import Dice

Lines = list[str]

# kind: (take, let go) for each side of a lock
SIDES: dict[str, list[tuple[str, str]]] = {
    "spinlock": [("spin_lock", "spin_unlock")],
    "mutex": [("mutex_lock", "mutex_unlock")],
    "semaphore": [("down", "up")],
    "rwlock": [("write_lock", "write_unlock"), ("read_lock", "read_unlock")],
    "rwsem": [("down_write", "up_write"), ("down_read", "up_read")],
    "seqlock": [("write_seqlock", "write_sequnlock")],
    "seqcount": [("write_seqcount_begin", "write_seqcount_end")],
}
TRYLOCKS = {
    "spinlock": ["spin_trylock"],
    "mutex": ["mutex_trylock"],
    "semaphore": ["down_trylock"],
    "rwlock": ["write_trylock", "read_trylock"],
    "rwsem": ["down_write_trylock", "down_read_trylock"],
}
SPINNING = ("spinlock", "rwlock", "seqlock")
SLEEPING = ("mutex", "semaphore", "rwsem")
EXCLUSIVE = ("spinlock", "mutex", "semaphore", "rwlock", "rwsem", "seqlock")


@dataclass(slots=True)
class State:
    """What a model declares, by the kind of value: expressions that name cells."""

    numbers: list[str] = field(default_factory=lambda: ["x"])
    flags: list[str] = field(default_factory=lambda: ["flag"])
    pages: list[str] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)
    optional: list[str] = field(default_factory=list)
    locks: list[tuple[str, str]] = field(default_factory=list)  # (use, kind), in the order in which they are taken
    page_fields: set[str] = field(default_factory=set)  # x, next, v, lock, guard
    guard: str = ""  # the kind of Page.guard
    counted: str = ""  # the lock that `inside` counts the holders of
    nodes: bool = False  # the type Who and its field count
    array: bool = False  # slot[Small]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is known at a place: locals by kind, and what may not be done there."""

    numbers: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    stamps: tuple[str, ...] = ()
    taken: int = -1  # the place of the last lock taken; only later ones may follow
    spins: bool = False
    atomic: bool = False
    helper: bool = False
    result: bool = False  # a `return` gives a number
    loop: bool = False

    @property
    def free(self) -> bool:
        """True where waiting harms nobody."""
        return self.taken < 0 and not self.atomic


@dataclass(slots=True)
class Coder:
    """Writes code for one model; `flaws` are still to be made, `helpers` may be called."""

    dice: Dice
    state: State
    flaws: list[Flaw] = field(default_factory=list)
    helpers: list[str] = field(default_factory=list)
    count: int = 0

    def name(self, letter: str) -> str:
        """A new local's name."""
        self.count += 1
        return f"{letter}{self.count}"

    # ---- expressions

    def number(self, scope: Scope, depth: int = 1) -> str:
        """An integer from 0 to 2."""
        pick = self.dice.pick
        menu = ["cell", "literal", "cell"] + ["local"] * (2 * bool(scope.numbers)) + ["slot"] * self.state.array
        if depth:
            menu += ["sum", "least", "if", *(["all"] if self.state.nodes else []), *(["field"] if scope.pages else [])]
        match pick(menu):
            case "cell":
                return pick(self.state.numbers)
            case "literal":
                return pick("012")
            case "local":
                return pick(scope.numbers)
            case "sum":
                return f"({self.number(scope, 0)} {pick('+*-')} {self.number(scope, 0)}) % 3"
            case "least":
                # The remainder, which may fail as far as anybody looks, keeps both alive where the result is dead.
                return f"{pick(['min', 'max'])}({self.number(scope, 0)}, {self.number(scope, 0)}) % 3"
            case "if":
                return f"({self.number(scope, 0)} if {self.test(scope, 0)} else {self.number(scope, 0)})"
            case "all":
                return "min(2, sum(node.count for node in Who)) % 3"
            case "slot":
                return f"slot[{self.number(scope, 0) if depth else pick('012')}]"
        return f"{pick(scope.pages)}.x" if "x" in self.state.page_fields else pick(scope.numbers or ("1",))

    def test(self, scope: Scope, depth: int = 1) -> str:
        """A Boolean that reads at least one cell first."""
        pick, state = self.dice.pick, self.state
        menu = ["number", "flag"] + ["none"] * bool(state.pages) + ["same"] * bool(state.stamps)
        menu += ["optional"] * bool(state.optional) + (["not", "both", "chain"] if depth else [])
        menu += ["some"] * state.nodes + ["page"] * (bool(state.pages) and "x" in state.page_fields and depth > 0)
        match pick(menu):
            case "number":
                return f"{pick(state.numbers)} {pick(['==', '!=', '<', '>='])} {self.number(scope, 0)}"
            case "flag":
                return pick(state.flags)
            case "none":
                others = [*state.pages, *scope.pages]
                return f"{pick(state.pages)} {pick(['is None', 'is not None', '== ' + pick(others)])}"
            case "same":
                return f"{pick(state.stamps)} {pick(['==', '!='])} {pick([*state.stamps, 'was', *scope.stamps])}"
            case "optional":
                return f"{pick(state.optional)} {pick(['is None', '!= 1', '== ' + self.number(scope, 0)])}"
            case "not":
                return f"not {self.test(scope, 0)}"
            case "both":
                return f"({self.test(scope, 0)} {pick(['and', 'or'])} {self.test(scope, 0)})"
            case "chain":
                return f"0 <= {pick(state.numbers)} {pick(['<', '<='])} {self.number(scope, 0)}"
            case "some":
                return f"{pick(['any', 'all'])}(node.count {pick(['==', '<'])} {pick('12')} for node in Who)"
        return (
            f"{pick(['any', 'all'])}(o.x == {pick('012')} for o in Page{pick(['', ' if o != ' + pick(state.pages)])})"
        )

    # ---- blocks

    def block(self, scope: Scope, budget: int) -> Lines:
        """At least one statement; about `budget` accesses."""
        lines: Lines = []
        while budget > 0:
            more, scope, cost = self.statement(scope, budget)
            lines += more
            budget -= cost
        return lines or ["pass"]

    def statement(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        """Lines, what is known after them, and about how many accesses they are."""
        if self.flaws and not scope.atomic and self.dice.chance(3):
            lines = self.flaws.pop()(self, scope)
            return (["if maybe():", *indented(lines)] if self.dice.chance(3) else lines), scope, 1
        makers = [self.store, self.store, self.load, self.stamp, self.chosen, self.swapped, self.asserted]
        if self.state.pages:
            makers += [self.used_page, self.used_page, self.new_page]
        if budget > 1:
            makers += [self.branch, self.together, self.repeated, self.locked, self.locked, self.locked, self.tried]
            makers += [self.sampled] if any(k.startswith("seq") for _, k in self.state.locks) else []
        if scope.free and not scope.helper and self.helpers:
            makers += [self.call, self.call]
        if scope.result or scope.loop:
            makers.append(self.left)
        return self.dice.pick(makers)(scope, budget)

    # ---- single statements

    def store(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        pick, state = self.dice.pick, self.state
        menu = ["number", "number", "flag", "once"] + ["optional"] * bool(state.optional) + ["slot"] * state.array
        match pick(menu):
            case "slot":
                return [f"slot[{self.number(scope, 0)}] = {self.number(scope)}"], scope, 2
            case "flag":
                return [f"{pick(state.flags)} = {self.test(scope, 0)}"], scope, 2
            case "optional":
                return [f"{pick(state.optional)} = {pick(['None', self.number(scope, 0)])}"], scope, 1
            case "once":
                return [f"{pick(['WRITE_ONCE', 'smp_store_release'])}({pick(state.numbers)}, {pick('012')})"], scope, 1
        target = pick(state.numbers)
        value = pick([f"({target} + 1) % 3", self.number(scope), pick("012")])
        return [f"{target} = {value}"], scope, 2

    def load(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        pick, name = self.dice.pick, self.name("n")
        loads = [f"{name} = {pick(self.state.numbers)}", f"{name}: Small = {self.number(scope)}"]
        lines = [pick([*loads, f"{name} = READ_ONCE({pick(self.state.numbers)})"])]
        if lines[0].startswith(f"{name}:") and self.dice.chance(2):
            lines.append(f"{name} = ({name} + 1) % 3")
        return lines, replace(scope, numbers=(*scope.numbers, name)), 1

    def stamp(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        stamps, pick = self.state.stamps, self.dice.pick
        if not stamps:
            return self.load(scope, budget)
        match pick(["renew", "renew", "copy", "load", "keep"]):
            case "renew":
                return [f"renew({pick(stamps)})"], scope, 1
            case "keep":
                return [f"was = {pick(['None', *stamps, *scope.stamps])}"], scope, 2
            case "copy":
                return [f"{pick(stamps)} = {pick([*stamps, *scope.stamps])}"], scope, 2
        name = self.name("s")
        return [f"{name} = {pick(stamps)}"], replace(scope, stamps=(*scope.stamps, name)), 1

    def chosen(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        name, pick = self.name("n"), self.dice.pick
        menu = [f"{name} = choose(Small)", f"{name} = choose(c for c in Small if c != {pick(self.state.numbers)})"]
        menu.append(f"{name} = 1 if maybe() else {self.number(scope, 0)}")
        if "x" in self.state.page_fields and not scope.atomic and self.dice.chance(3):
            lines = [f"if {self.state.pages[0]} is not None:", f"    {name} = choose(Page)", f"    {name}.x = 1"]
            return lines, scope, 2
        if not scope.atomic and not scope.spins:
            menu += ["might_sleep()", "cond_resched()", "smp_mb()"]
        line = pick(menu)
        after = replace(scope, numbers=(*scope.numbers, name)) if line.startswith(name) else scope
        return [line], after, 1

    def swapped(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        name, pick = self.name("n"), self.dice.pick
        cell = pick(self.state.numbers)
        call = pick([f"xchg({cell}, {pick('012')})", f"cmpxchg({cell}, {pick('012')}, {pick('012')})"])
        return [f"{name} = {call}"], replace(scope, numbers=(*scope.numbers, name)), 1

    def asserted(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        cell = self.dice.pick(self.state.numbers)
        return [f'assert {cell} {self.dice.pick(["<= 2", ">= 0", "!= 3"])}, "{cell} is {{{cell}}}"'], scope, 1

    def used_page(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        """Something with a page that is there."""
        if scope.pages:
            return self.with_page(self.dice.pick(scope.pages), scope), scope, 2
        name, pages = self.name("g"), self.state.pages
        inner = replace(scope, pages=(name,))
        lines = [f"{name} = {self.dice.pick(pages)}", f"if {name} is not None:", *indented(self.with_page(name, inner))]
        return lines, scope, 3

    def with_page(self, page: str, scope: Scope) -> Lines:
        pick, fields = self.dice.pick, sorted(self.state.page_fields)
        match pick([*fields, "cell"]):
            case "x":
                return [pick([f"{page}.x = {self.number(scope, 0)}", f"{pick(self.state.numbers)} = {page}.x"])]
            case "next":
                return [f"{page}.next = {pick(['None', *self.state.pages])}"]
            case "v":
                stamp = pick(self.state.stamps)
                return [pick([f"renew({page}.v)", f"{page}.v = {stamp}", f"{stamp} = {page}.v"])]
            case "lock" if scope.free:
                inner = replace(scope, taken=len(self.state.locks), result=False, loop=False)
                return [f"lock_page({page})", *self.block(inner, 1), f"unlock_page({page})"]
            case "lock" if not scope.atomic:
                return [f"if trylock_page({page}):", f"    unlock_page({page})"]
            case "guard" if scope.free:
                inner = replace(scope, taken=len(self.state.locks), spins=self.state.guard in SPINNING)
                return [self.entered(f"{page}.guard", self.state.guard), *indented(self.block(inner, 1))]
        return [f"{pick(self.state.pages)} = {page}"]

    def new_page(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        name = self.name("g")
        after = replace(scope, pages=(name,))
        return [f"{name} = alloc(Page)", *self.with_page(name, after)], after, 2

    def call(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        helper = self.dice.pick(self.helpers)
        others = [other for other in self.helpers if other.startswith("take")]
        if helper.startswith("use"):
            argument = self.dice.pick([self.number(scope, 0), *(f"{other}()" for other in others)])
            return [f"{helper}({argument})"], scope, 3
        name = self.name("n")
        value = self.dice.pick([f"{helper}()", f"({helper}() + {self.number(scope, 0)}) % 3"])
        return [f"{name}: Small = {value}"], replace(scope, numbers=(*scope.numbers, name)), 3

    def left(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        """A way out of whatever is around."""
        ways = [f"return {self.number(scope, 0)}"] * scope.result + ["break", "continue"] * scope.loop
        return [f"if {self.test(scope, 0)}:", f"    {self.dice.pick(ways)}"], scope, 1

    # ---- statements with blocks

    def branch(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        test = self.dice.pick([self.test(scope), self.test(scope), "maybe()", "MODE == 1"])
        lines = [f"if {test}:", *indented(self.block(scope, budget - 1))]
        if self.dice.chance(3):
            lines += [self.dice.pick(["else:", "elif x == 1:"]), *indented(self.block(scope, 1))]
        return lines, scope, budget

    def together(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        if self.dice.chance(3):
            return ["with atomic:", "    if x < 2:", "        x += 1"], scope, 1
        return ["with atomic:", *indented(self.block(replace(scope, atomic=True), budget))], scope, 2

    def repeated(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        inner = replace(scope, loop=True)
        if self.state.nodes and self.dice.chance(2):
            return ["for who in Who:", "    who.count = (who.count + 1) % 3"], scope, 4
        if self.dice.chance(4):
            body = self.block(replace(inner, numbers=(*scope.numbers, "i")), 1)
            return ["for i in Small:", *indented(body)], scope, 4
        lines = [f"while {self.test(scope, 0)}:", *indented(self.block(inner, budget - 1))]
        if self.dice.chance(2):
            lines += [f"    if {self.test(scope, 0)}:", "        break"]
        return lines, scope, budget

    def entered(self, lock: str, kind: str) -> str:
        if kind in ("spinlock", "mutex"):
            return f"with {lock}:"
        sides = ["write", "read"] if kind in ("rwlock", "rwsem") else ["write"]
        return f"with {self.dice.pick(sides)}({lock}):"

    def locked(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        """A critical section of a lock that may be taken here."""
        later = list(enumerate(self.state.locks))[scope.taken + 1 :]
        # A seqcount's writers need another lock around them, so tidy code writes it only under the first lock.
        fit = [(n, lock) for n, lock in later if not (scope.spins and lock[1] in SLEEPING)]
        fit = [(n, lock) for n, lock in fit if lock[1] != "seqcount" or scope.taken == 0]
        if not fit or scope.atomic:
            return self.store(scope, budget)
        place, (lock, kind) = self.dice.pick(fit)
        inner = replace(scope, taken=place, spins=scope.spins or kind in SPINNING)
        pairs = self.pairs(lock, kind)
        if not pairs:
            return [self.entered(lock, kind), *indented(self.block(inner, budget - 1))], scope, budget
        body = self.block(replace(inner, result=False, loop=False), budget - 1)
        return [*pairs[0], *body, *pairs[1]], scope, budget

    def pairs(self, lock: str, kind: str) -> tuple[Lines, Lines] | None:
        """What is before and after a section that is not written as a `with`."""
        if lock == self.state.counted:
            take, let_go = SIDES[kind][0]
            return [f"{take}({lock})", "atomic_inc(inside)"], ["atomic_dec(inside)", f"{let_go}({lock})"]
        if kind == "semaphore":
            return [f"down({lock})"], [f"up({lock})"]
        if kind == "rwsem" and self.dice.chance(3):
            return [f"down_write({lock})"], [f"downgrade_write({lock})", f"up_read({lock})"]
        if kind == "rwlock" and self.dice.chance(3):
            return [f"read_lock({lock})", f"read_lock({lock})"], [f"read_unlock({lock})", f"read_unlock({lock})"]
        return None

    def tried(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        """A critical section if the lock can be had at once."""
        fit = [
            (n, *lock)
            for n, lock in enumerate(self.state.locks)
            if n > scope.taken and lock[1] in TRYLOCKS and lock[0] != self.state.counted
        ]
        if not fit:
            return self.store(scope, budget)
        place, lock, kind = self.dice.pick(fit)
        side = self.dice.pick(range(len(TRYLOCKS[kind])))
        inner = replace(scope, taken=place, spins=scope.spins or kind in SPINNING, result=False, loop=False)
        body = [*self.block(inner, budget - 1), f"{SIDES[kind][side][1]}({lock})"]
        return [f"if {TRYLOCKS[kind][side]}({lock}):", *indented(body)], scope, budget

    def sampled(self, scope: Scope, budget: int) -> tuple[Lines, Scope, int]:
        """A reader's section of a sequence lock, once or until it was not disturbed."""
        lock, kind = self.dice.pick([lock for lock in self.state.locks if lock[1].startswith("seq")])
        if not scope.free:
            return self.load(scope, budget)
        name, read = self.name("s"), "read_seq" if kind == "seqlock" else "read_seqcount_"
        number = self.name("n")
        body = [f"{name} = {read}begin({lock})", f"{number} = {self.dice.pick(self.state.numbers)}"]
        if self.dice.chance(2):
            lines = [*body, f"flag = {read}retry({lock}, {name})"]
        else:
            lines = ["while True:", *indented([*body, f"if not {read}retry({lock}, {name}):", "    break"])]
        return lines, replace(scope, numbers=(*scope.numbers, number)), 3


def indented(lines: Lines) -> Lines:
    """One level further in."""
    return [f"    {line}" for line in lines]


# Writes a mistake: lines that may fail a check, whatever is around them.
Flaw = Callable[[Coder, Scope], Lines]
