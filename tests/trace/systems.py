# SPDX-License-Identifier: GPL-2.0-only
"""Small systems built by hand, so that traces are tested without the language.

`Code` writes a thread's nodes one after another; jumps are places relative to the node.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dfsrace.diagnostics import SourceFile, Span
from dfsrace.engine.outcome import Move, Schedule
from dfsrace.system import Initial, Property, System, Variable
from dfsrace.system.cells import cells_of
from dfsrace.system.expressions import (
    And,
    Arithmetic,
    Bound,
    Checked,
    Compare,
    Const,
    Expr,
    Local,
    Not,
    Or,
    Quantifier,
    Read,
)
from dfsrace.system.program import (
    Alloc,
    AtomicBegin,
    Branch,
    Choose,
    Finish,
    Frame,
    Load,
    LocalVariable,
    LockOperation,
    Message,
    Node,
    Nop,
    Operation,
    Renew,
    Sleep,
    Store,
    Thread,
)
from dfsrace.system.types import (
    BOOL,
    LockType,
    NamedType,
    OptionalType,
    PoolType,
    RangeType,
    StampType,
    Type,
    Value,
)

NODE = NamedType("Node", ("A", "B"))
MM = NamedType("Mm", ("mm0",))
INDEX = RangeType(0, 0, "Index")
SIZE = RangeType(0, 1, "Size")
PAGE = PoolType("Page", 2)
MAYBE_PAGE = OptionalType(PAGE)


def span(line: int, file: str = "vm.yaml") -> Span:
    """A place in a file."""
    return Span(file, line, 5, line, 20)


@dataclass
class Code:
    """A thread under construction."""

    nodes: list[Node] = field(default_factory=list)
    locals: list[LocalVariable] = field(default_factory=list)
    stack: tuple[Frame, ...] = ()
    atomic: bool = False

    def local(self, name: str, kind: Type) -> int:
        """A new local's slot."""
        self.locals.append(LocalVariable(name, kind))
        return len(self.locals) - 1

    def add(self, operation: Operation, text: str, line: int, jump: int = 0) -> None:
        """A node that goes on to the next one; a Branch goes `jump` nodes further if its test is false."""
        here = len(self.nodes)
        following = (here + 1, here + jump) if isinstance(operation, Branch) else (here + 1,)
        atomic = self.atomic and not isinstance(operation, AtomicBegin)
        everything = frozenset(range(len(self.locals)))
        self.nodes.append(Node(operation, following, span(line), self.stack, atomic, everything, (), text))

    def call(self, *names: str) -> None:
        """Goes on in a procedure, by the names of all calls under way."""
        self.stack = tuple(Frame(name, span(1 + place)) for place, name in enumerate(names))

    def thread(self, name: str, text: str) -> Thread:
        """The finished thread."""
        self.nodes.append(Node(Finish(), (), span(1)))
        known: set[int] = set()
        for place, node in enumerate(self.nodes):
            self.nodes[place] = replace(node, live=node.live & known)
            slot = getattr(node.operation, "local", None)
            known |= {slot} if isinstance(slot, int) else set()
        return Thread(name, text, False, None, tuple(self.locals), tuple(self.nodes), 0, span(1))


def variable(
    name: str, owner: Type | None, dimensions: tuple[Type, ...], kind: Type, initial: Value = None
) -> Variable:
    """A state variable that is not constant."""
    return Variable(name, owner, dimensions, kind, initial, False, span(1))


def read(number: int, kind: Type, *indices: Expr) -> Read:
    """An access."""
    return Read(number, indices, kind)


A, MM0, ZERO, NOTHING = Const(0, NODE), Const(0, MM), Const(0, INDEX), Const(None, MAYBE_PAGE)
I_SIZE, PAGE_CACHE, MAPPING, PTE, LOCK = range(5)
VARIABLES = (
    variable("Node.i_size", NODE, (NODE,), SIZE, 1),
    variable("Node.page_cache", NODE, (NODE, INDEX), MAYBE_PAGE),
    variable("Page.mapping", PAGE, (PAGE,), OptionalType(NODE)),
    variable("Mm.pte", MM, (MM, INDEX), MAYBE_PAGE),
    variable("Mm.page_table_lock", MM, (MM,), LockType("spinlock")),
)


def fault() -> Thread:
    """do_no_page without a fix."""
    code = Code()
    size, page, pte = code.local("", SIZE), code.local("page", MAYBE_PAGE), code.local("", MAYBE_PAGE)
    cached = read(PAGE_CACHE, MAYBE_PAGE, A, ZERO)
    entry = read(PTE, MAYBE_PAGE, MM0, ZERO)
    lock = read(LOCK, LockType("spinlock"), MM0)
    code.call("do_no_page", "nopage", "filemap_nopage")
    code.add(Load(size, read(I_SIZE, SIZE, A)), "if index >= node.i_size", 81)
    code.add(Branch(Compare(">=", ZERO, Local(size, SIZE))), "if index >= node.i_size", 81, jump=2)
    code.add(Load(page, cached), "page = node.page_cache[index]", 83)
    code.call("do_no_page")
    code.add(LockOperation("spin_lock", lock), "spin_lock(mm.page_table_lock)", 41)
    code.add(Load(pte, entry), "if mm.pte[index] is None", 42)
    code.add(Branch(Compare("==", Local(pte, MAYBE_PAGE), NOTHING)), "if mm.pte[index] is None", 42, jump=2)
    code.add(Store(entry, Local(page, MAYBE_PAGE)), "mm.pte[index] = page", 43)
    code.add(LockOperation("spin_unlock", lock), "spin_unlock(mm.page_table_lock)", 41)
    thread = code.thread("cpu0", "do_no_page(mm0, 0)")
    nodes = list(thread.nodes)
    nodes[1] = replace(nodes[1], next=(len(nodes) - 1, 2))
    return replace(thread, nodes=tuple(nodes))


def truncate() -> Thread:
    """vmtruncate."""
    code = Code()
    page, cached_now = code.local("page", MAYBE_PAGE), code.local("", MAYBE_PAGE)
    cached = read(PAGE_CACHE, MAYBE_PAGE, A, ZERO)
    lock = read(LOCK, LockType("spinlock"), MM0)
    code.call("vmtruncate")
    code.add(Store(read(I_SIZE, SIZE, A), Const(0, SIZE)), "node.i_size = size", 71)
    code.call("vmtruncate", "invalidate_mmap_range", "zap_page_range")
    code.add(LockOperation("spin_lock", lock), "spin_lock(mm.page_table_lock)", 56)
    code.add(Store(read(PTE, MAYBE_PAGE, MM0, ZERO), NOTHING), "mm.pte[index] = None", 57)
    code.add(LockOperation("spin_unlock", lock), "spin_unlock(mm.page_table_lock)", 56)
    code.call("vmtruncate", "truncate_inode_pages")
    code.add(Load(page, cached), "page = node.page_cache[index]", 102)
    code.call("vmtruncate", "truncate_inode_pages", "remove_from_page_cache")
    code.atomic = True
    code.add(AtomicBegin(), "with atomic:", 107)
    code.add(Load(cached_now, cached), "if node.page_cache[index] == page", 109)
    code.add(Store(cached, NOTHING), "node.page_cache[index] = None", 110)
    mapping = read(MAPPING, OptionalType(NODE), Checked(Local(page, MAYBE_PAGE), PAGE))
    code.add(Store(mapping, Const(None, OptionalType(NODE))), "page.mapping = None", 111)
    code.atomic = False
    code.add(Nop(), "", 111)
    return code.thread("cpu1", "vmtruncate(A, 0)")


def no_pte_maps_truncated_page() -> Property:
    """all(mm.pte[i] is None or mm.pte[i].mapping is not None for mm in Mm for i in Index)."""
    mm, index = Bound(0, MM), Bound(1, INDEX)
    entry = read(PTE, MAYBE_PAGE, mm, index)
    mapped = read(MAPPING, OptionalType(NODE), Checked(entry, PAGE))
    body = Or((Compare("==", entry, NOTHING), Not(Compare("==", mapped, Const(None, OptionalType(NODE))))))
    condition = Quantifier("all", 0, "mm", MM, None, Quantifier("all", 1, "i", INDEX, None, body))
    parts = (mm, " maps page ", index, " of the file to ", entry, ", which is no longer in the page cache")
    return Property("no_pte_maps_truncated_page", "invariant", False, condition, Message(parts), span(120))


def unfixed_local() -> System:
    """A fault races with truncate; the page is in A's cache at first."""
    system = System(
        "A fault races with truncate, Linux 2.5 without a fix",
        "a_unfixed_local.yaml",
        (INDEX, SIZE, NODE, MM, PAGE),
        (("PAGES", "1"), ("FRAMES", "2"), ("MMS", "1")),
        VARIABLES,
        (fault(), truncate()),
        (no_pte_maps_truncated_page(),),
        (),
        (),
        (SourceFile("vm.yaml", "types:\n  Page: pool(FRAMES)\n"),),
    )
    cached = ((PAGE_CACHE, (0, 0)), (MAPPING, (0,)))
    cells = tuple(0 if (cell.variable, cell.position) in cached else cell.initial for cell in cells_of(system))
    return replace(system, initial=(Initial(cells),))


def system_of(*threads: Thread, variables: tuple[Variable, ...], properties: tuple[Property, ...] = ()) -> System:
    """A system with one initial state, every cell as declared."""
    types = tuple(dict.fromkeys(kind for v in variables for kind in v.dimensions))
    system = System("A small system", "small.yaml", types, (), variables, threads, properties, (), (), ())
    return replace(system, initial=(Initial(tuple(cell.initial for cell in cells_of(system))),))


def plain_variable(name: str, kind: Type, initial: Value = None) -> Variable:
    """A state variable without dimensions."""
    return variable(name, None, (), kind, initial)


def invariant(name: str, condition: Expr, at_end: bool = False) -> Property:
    """An invariant without a message."""
    return Property(name, "invariant", at_end, condition, None, span(99, "small.yaml"))


COUNT = RangeType(0, 9, "Count")


def adder(name: str) -> Thread:
    """x = x + 1, as a load and a store."""
    code = Code()
    old = code.local("", COUNT)
    x = read(0, COUNT)
    code.add(Load(old, x), "x = x + 1", 10)
    code.add(Store(x, Arithmetic("+", Local(old, COUNT), Const(1, COUNT))), "x = x + 1", 10)
    return code.thread(name, "x = x + 1")


def lost_update(threads: int = 2) -> System:
    """Threads that add 1 to x; in the end x should be their number."""
    everything = Compare("==", Read(0, (), COUNT), Const(threads, COUNT))
    return system_of(
        *(adder(f"cpu{number}") for number in range(threads)),
        variables=(plain_variable("x", COUNT, 0),),
        properties=(invariant("nothing_lost", everything, at_end=True),),
    )


def locker(name: str, *calls: str) -> Thread:
    """Takes and releases mutexes: `+0` takes the first, `-0` releases it."""
    code = Code()
    code.call("both")
    for line, call in enumerate(calls, 20):
        lock = int(call[1:])
        operation = "mutex_lock" if call[0] == "+" else "mutex_unlock"
        code.add(LockOperation(operation, read(lock, LockType("mutex"))), f"{operation}({'ab'[lock]})", line)
    return code.thread(name, "both()")


MUTEXES = (plain_variable("a", LockType("mutex")), plain_variable("b", LockType("mutex")))


def lock_order() -> System:
    """Two mutexes, taken in both orders."""
    return system_of(locker("cpu0", "+0", "+1", "-1", "-0"), locker("dlm", "+1", "+0", "-0", "-1"), variables=MUTEXES)


def sleeper() -> System:
    """might_sleep() under a spinlock, in a procedure of its own."""
    code = Code()
    lock = read(0, LockType("spinlock"))
    code.call("fault")
    code.add(LockOperation("spin_lock", lock), "spin_lock(guard)", 30)
    code.call("fault", "nopage")
    code.add(Sleep("might_sleep"), "might_sleep()", 34)
    code.call("fault")
    code.add(LockOperation("spin_unlock", lock), "spin_unlock(guard)", 30)
    return system_of(code.thread("cpu0", "fault()"), variables=(plain_variable("guard", LockType("spinlock")),))


LETTER = NamedType("Letter", ("A", "B", "C"))
STAMP = StampType("Contents")


def chooser() -> System:
    """One thread that chooses a letter and stores it, twice; another that stores A."""
    code = Code()
    letter = code.local("letter", LETTER)
    x = read(0, LETTER)
    for line in (40, 42):
        code.add(Load(letter, x), "x", line)
        code.add(Choose(letter, LETTER, 0, None), "letter = choose(Letter)", line)
        code.add(Store(x, Local(letter, LETTER)), "x = letter", line + 1)
    other = Code()
    other.add(Store(x, Const(0, LETTER)), "x = A", 50)
    return system_of(
        code.thread("cpu0", "pick()"), other.thread("cpu1", "x = A"), variables=(plain_variable("x", LETTER, 0),)
    )


def allocator() -> System:
    """Allocates a page for `current`, drops it, and does so again; renews the disk at last."""
    code = Code()
    page = code.local("page", MAYBE_PAGE)
    current = read(0, MAYBE_PAGE)
    for line in (60, 63):
        code.add(Alloc(page, PAGE), "page = alloc(Page)", line)
        code.add(Store(current, Local(page, MAYBE_PAGE)), "current = page", line + 1)
        code.add(Store(current, NOTHING), "current = None", line + 2)
    code.add(Renew(read(1, STAMP)), "renew(disk)", 70)
    code.add(Renew(read(1, STAMP)), "renew(disk)", 71)
    variables = (
        plain_variable("current", MAYBE_PAGE),
        plain_variable("disk", STAMP, 0),
        variable("Page.contents", PAGE, (PAGE,), STAMP, 0),
    )
    return system_of(code.thread("cpu0", "churn()"), variables=variables)


def entering() -> System:
    """Two threads that enter if the other has not said so: tested, then said."""
    threads = []
    for me, name in enumerate(("cpu0", "cpu1")):
        code = Code()
        seen = code.local("", BOOL)
        code.add(Load(seen, read(1 - me, BOOL)), f"if not wants{1 - me}", 80)
        code.add(Branch(Not(Local(seen, BOOL))), f"if not wants{1 - me}", 80, jump=3)
        code.add(Store(read(me, BOOL), Const(1, BOOL)), f"wants{me} = True", 81)
        code.add(Store(read(2 + me, BOOL), Const(1, BOOL)), f"inside{me} = True", 82)
        threads.append(code.thread(name, f"enter({me})"))
    variables = tuple(plain_variable(name, BOOL, 0) for name in ("wants0", "wants1", "inside0", "inside1"))
    both = And((Read(2, (), BOOL), Read(3, (), BOOL)))
    return system_of(*threads, variables=variables, properties=(invariant("one_inside", Not(both)),))


def moves(*threads: int) -> Schedule:
    """A schedule from the first initial state, without choices."""
    return Schedule(0, tuple(Move(thread) for thread in threads))


def setter(name: str, cell: int, *values: int) -> Thread:
    """Stores these values to a counter, one after another."""
    code = Code()
    for line, value in enumerate(values, 90):
        code.add(Store(read(cell, COUNT), Const(value, COUNT)), f"{'xy'[cell]} = {value}", line)
    return code.thread(name, "set()")


def copier(*between: int) -> Thread:
    """Loads x, stores these values to it, and stores to y what it loaded."""
    code = Code()
    slot = code.local("old", COUNT)
    code.add(Load(slot, read(0, COUNT)), "old = x", 85)
    for value in between:
        code.add(Store(read(0, COUNT), Const(value, COUNT)), f"x = {value}", 86)
    code.add(Store(read(1, COUNT), Local(slot, COUNT)), "y = old", 87)
    return code.thread("cpu0", "copy()")


def copying(*threads: Thread, x: int = 1) -> System:
    """Two counters, x and y = 0; y is to stay 0."""
    stays = Compare("==", Read(1, (), COUNT), Const(0, COUNT))
    return system_of(
        *threads,
        variables=(plain_variable("x", COUNT, x), plain_variable("y", COUNT, 0)),
        properties=(invariant("y_stays", stays),),
    )
