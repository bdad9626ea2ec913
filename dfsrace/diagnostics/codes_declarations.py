# SPDX-License-Identifier: GPL-2.0-only
"""DR3xx: types, state, threads, and properties."""

from __future__ import annotations

from collections.abc import Mapping

from dfsrace.diagnostics.explanation import Explanation

DECLARATIONS: Mapping[str, Explanation] = {
    "DR301": Explanation(
        "not a name that a model may give",
        "A name has ASCII letters, digits and underscores, begins with no digit, has at most 100 characters, and is\n"
        "no word of Python or of the model language (fields and threads may be called like a primitive).",
        "state:\n  lambda: bool",
        "state:\n  wavelength: bool",
    ),
    "DR302": Explanation(
        "a name given twice",
        "Types, constants, named values and state variables share one name space across all included files. Only a\n"
        "constant may be given again, in a later file or with --set, and a procedure, with @override.",
        "types:\n  Node: [A, B]\nstate:\n  A: bool",
        "types:\n  Node: [A, B]\nstate:\n  alive: bool",
    ),
    "DR303": Explanation(
        "a type that is not understood",
        "A type is bool, a range LOW..HIGH, a declared name, one of these with `| None`, or a lock. Under types also\n"
        "pool(SIZE), stamp, a list of named values, or a family of them: mm[0..1].",
        "types:\n  Index: 0-3",
        "types:\n  Index: 0..3",
    ),
    "DR304": Explanation(
        "an unknown type",
        "The name is no type. Types are declared under types, in this file or in one that is included.",
        "types:\n  Node: [A, B]\nstate:\n  owner: Nodes",
        "types:\n  Node: [A, B]\nstate:\n  owner: Node",
    ),
    "DR305": Explanation(
        "a range without values",
        "In LOW..HIGH both ends count, and LOW may not be over HIGH. Members of families are numbered from 0 or more.",
        "types:\n  Index: 1..0",
        "types:\n  Index: 0..1",
    ),
    "DR306": Explanation(
        "too large to be explored",
        "A range may have 1,000,000 values, a type 1,000 named ones, and the state 100,000 cells. Races show at small\n"
        "sizes: one page, two nodes, two or three threads.",
        "types:\n  Index: 0..999999\nstate:\n  x[Index]: bool",
        "types:\n  Index: 0..9\nstate:\n  x[Index]: bool",
    ),
    "DR307": Explanation(
        "a pool of a wrong size",
        "A pool has 1 to 1,000 values. How many are needed shows in the verdict: a model that runs out of them is\n"
        "inconclusive, never `holds`.",
        "types:\n  Page: pool(0)",
        "types:\n  Page: pool(2)",
    ),
    "DR308": Explanation(
        "types that are defined by each other",
        "A type may have another one's name, but not its own, and not through thirty others.",
        "types:\n  A: B\n  B: A",
        "types:\n  A: B\n  B: 0..1",
    ),
    "DR310": Explanation(
        "the key of a state variable that is not understood",
        "A variable is `name`, an array `name[Index]`, or a field `Type.name`, which may be an array too:\n"
        "`Node.page_cache[Index]`.",
        "types:\n  Index: 0..1\nstate:\n  disk(Index): bool",
        "types:\n  Index: 0..1\nstate:\n  disk[Index]: bool",
    ),
    "DR311": Explanation(
        "a type that can be no index, or have no fields",
        "Arrays are indexed by ranges, named values or bool. A pool's values have no order, so that they have fields\n"
        "in place of arrays. Stamps, locks and types that admit None are neither index nor have fields.",
        "types:\n  Page: pool(2)\nstate:\n  dirty[Page]: bool",
        "types:\n  Page: pool(2)\nstate:\n  Page.dirty: bool",
    ),
    "DR312": Explanation(
        "a lock that is more than a lock",
        "A lock is always there, and is declared where it lies: it has no `| None`, and no second name under types.",
        "state:\n  lock: spinlock | None",
        "state:\n  lock: spinlock",
    ),
    "DR313": Explanation(
        "an initial value is needed",
        "A range begins at its LOW. Where 0 lies inside the range but not at LOW, two readers would expect two\n"
        "values, so it is written.",
        "state:\n  balance: -2..2",
        "state:\n  balance: -2..2 = 0",
    ),
    "DR314": Explanation(
        "an initial value of the wrong type",
        "The value after `=` belongs to the variable's type and lies in its range.",
        "state:\n  count: 0..2 = 3",
        "state:\n  count: 0..2 = 2",
    ),
    "DR315": Explanation(
        "a pool value to begin with",
        "Before the first alloc no pool value is held, so a variable that must hold one could not begin. Let it admit\n"
        "None, and let setup store what alloc returns.",
        "types:\n  Page: pool(2)\nstate:\n  current: Page",
        "types:\n  Page: pool(2)\nstate:\n  current: Page | None",
    ),
    "DR316": Explanation(
        "an initial value where none can be given",
        "All stamps of a type begin with one common value, and all locks begin unlocked. Only a semaphore begins with\n"
        "a count: `semaphore = 0`.",
        "state:\n  lock: mutex = 1",
        "state:\n  lock: mutex",
    ),
    "DR320": Explanation(
        "no threads, or too many",
        "A model has 1 to 64 threads; three or four show most races.",
        "threads:\n  cpu[1..65]: pass",
        "threads:\n  cpu[1..3]: pass",
    ),
    "DR321": Explanation(
        "not the name of a thread or of a named value",
        "A thread or a named value is one name, or a family of them: cpu[1..3].",
        "threads:\n  cpu[1-3]: pass",
        "threads:\n  cpu[1..3]: pass",
    ),
    "DR322": Explanation(
        "daemon is true or false",
        "A daemon may wait for ever without that being a deadlock. It is true or false.",
        "threads:\n  dlm:\n    daemon: 2\n    run: pass",
        "threads:\n  dlm:\n    daemon: true\n    run: pass",
    ),
    "DR323": Explanation(
        "a thread without code",
        "A thread that is a mapping has its code under run.",
        "threads:\n  dlm:\n    daemon: false",
        "threads:\n  dlm:\n    daemon: false\n    run: pass",
    ),
    "DR330": Explanation(
        "a property without a condition",
        "An invariant or reach that is a mapping has its condition under holds.",
        'invariants:\n  never:\n    says: "it happened"',
        'invariants:\n  never:\n    holds: "True"\n    says: "it happened"',
    ),
    "DR331": Explanation(
        "an unknown moment",
        "An invariant holds in every state, or with `at: end` in those in which every thread that is no daemon has\n"
        "finished.",
        'invariants:\n  never:\n    holds: "True"\n    at: start',
        'invariants:\n  never:\n    holds: "True"\n    at: end',
    ),
    "DR332": Explanation(
        "at: end in a model without end",
        "Where every thread is a daemon, no state is the end. Write the window in which the invariant may be broken\n"
        "as a state variable, and the invariant as `in_progress or ...`.",
        'threads:\n  dlm: {daemon: true, run: pass}\ninvariants:\n  never:\n    holds: "True"\n    at: end',
        'threads:\n  dlm: {run: pass}\ninvariants:\n  never:\n    holds: "True"\n    at: end',
    ),
    "DR333": Explanation(
        "a property with the name of an automatic check",
        "Automatic checks are always on, and have their names to themselves, with blanks or with dashes.",
        'invariants:\n  deadlock: "True"',
        'invariants:\n  no_deadlock: "True"',
    ),
    "DR334": Explanation(
        "an unknown property",
        "check and expect name invariants and reaches of the model and its includes, and automatic checks.",
        'invariants:\n  never: "True"\ncheck: [newer]',
        'invariants:\n  never: "True"\ncheck: [never]',
    ),
    "DR335": Explanation(
        "not an expectation",
        "A model expects `holds`, `inconclusive`, or `{violates: [names]}` with the names of all properties that are\n"
        "violated.",
        "expect: deadlock",
        "expect: {violates: deadlock}",
    ),
    "DR336": Explanation(
        "not a bound",
        "states is an integer from 1, seconds a number over 0, switches an integer from 0; digits may be grouped:\n"
        "10_000_000.",
        "bounds:\n  states: 1e6",
        "bounds:\n  states: 1_000_000",
    ),
    "DR337": Explanation(
        "an expectation that cannot be met",
        "expect names a property that check leaves out, so it can never be found violated.",
        'invariants:\n  a: "True"\n  b: "True"\ncheck: [a]\nexpect: {violates: b}',
        'invariants:\n  a: "True"\n  b: "True"\ncheck: [a, b]\nexpect: {violates: b}',
    ),
}
