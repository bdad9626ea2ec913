# SPDX-License-Identifier: GPL-2.0-only
"""DR4xx and DR5xx: the code of setup, procedures, threads, and properties."""

from __future__ import annotations

from collections.abc import Mapping

from dfsrace.diagnostics.codes_syntax import SYNTAX
from dfsrace.diagnostics.explanation import Explanation

_TYPES: Mapping[str, Explanation] = {
    "DR501": Explanation(
        "an unknown name",
        "Names are those of the model (state, constants, named values, types, procedures) and the locals of the\n"
        "procedure. Properties know no locals; text of the model is never Python, so Python's own names are\n"
        "unknown too.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      sise = size + length",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      smaller = size - 1",
    ),
    "DR502": Explanation(
        "an unknown field",
        "A field belongs to the values of one type and is declared as `Type.field` in the section state.",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n"
        "  Node.size: Index\nprocedures: |\n  def f(node: Node):\n      node.length = 1",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n"
        "  Node.size: Index\nprocedures: |\n  def f(node: Node):\n      node.size = 1",
    ),
    "DR503": Explanation(
        "a name that is no value",
        "A type, a procedure, a thread or a lock stands for no value. Locks are taken and released, never read.",
        "state:\n  ready: bool\n  lock: spinlock\nprocedures: |\n  def f():\n      ready = lock",
        "state:\n  ready: bool\n  lock: spinlock\nprocedures: |\n  def f():\n      ready = spin_trylock(lock)",
    ),
    "DR504": Explanation(
        "an array without its indices, or indices without an array",
        "An array has as many indices as its declaration: `grid[i][j]`. Only state variables are arrays.",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n"
        "  disk[Index]: Index\nprocedures: |\n  def f():\n      disk = 1",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n"
        "  disk[Index]: Index\nprocedures: |\n  def f():\n      disk[0] = 1",
    ),
    "DR505": Explanation(
        "a value of the wrong type",
        "Values of different types never mix. Ranges are all integers and go together; whether a value lies in\n"
        "the range is checked when it happens. A stamp of a seqlock belongs to that lock variable.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size = ready",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size = 1 if ready else 0",
    ),
    "DR506": Explanation(
        "None where none may be",
        "None is a value only of types declared with `| None`.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size = None",
        "state:\n  size: 0..3 | None\nprocedures: |\n  def f():\n      size = None",
    ),
    "DR507": Explanation(
        "a test that is no Boolean",
        "Tests say what they ask: `page is not None`, `count != 0`. In C the two look the same, and the model\n"
        "should not.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      if size:\n          ready = True",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      if size != 0:\n          ready = True",
    ),
    "DR508": Explanation(
        "arithmetic on what is no integer",
        "Only integers are calculated with. Named and pool values have no order; Booleans are counted with\n"
        "sum(condition for x in T).",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size = ready + 1",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size = (1 if ready else 0) + 1",
    ),
    "DR509": Explanation(
        "a comparison that is never true",
        "Values of different types are never equal, so that asking is a mistake. `is` asks only for None.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      ready = ready == size",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      ready = size == 1",
    ),
    "DR510": Explanation(
        "an order where there is none",
        "Only integers have an order. Stamps and pool values have none by meaning: states that differ by renaming\n"
        "them are one state.",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n  ready: bool\n"
        "  a: Contents\n  b: Contents\nprocedures: |\n  def f():\n      ready = a < b",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n  ready: bool\n"
        "  a: Contents\n  b: Contents\nprocedures: |\n  def f():\n      ready = a != b",
    ),
    "DR511": Explanation(
        "arithmetic on a stamp",
        "A stamp is no number: it is copied, compared with == and !=, and given a new value by renew(cell), which\n"
        "differs from every other. So it never wraps around.",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n"
        "  count: Contents\nprocedures: |\n  def f():\n      count += 1",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n"
        "  count: Contents\nprocedures: |\n  def f():\n      renew(count)",
    ),
    "DR512": Explanation(
        "an integer that is too large",
        "Integers are exact, and every expression has a range of its own. Beyond 10**18 a model means something\nelse.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size = 10000000000000000000",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size = 3",
    ),
    "DR520": Explanation(
        "an unknown type",
        "Code names types: bool, those of the section types, and these with `| None`. A range needs a name there.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f(index: int):\n      pass",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n  size: 0..3\n"
        "  ready: bool\nprocedures: |\n  def f(index: Index):\n      pass",
    ),
    "DR521": Explanation(
        "a type that cannot stand here",
        "Locals and parameters are values, and locks are none: a procedure works on the lock of what it is given.\n"
        "alloc takes a pool.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f(lock: spinlock):\n      pass",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n"
        "  Node.lock: spinlock\nprocedures: |\n  def f(node: Node):\n      with node.lock:\n          pass",
    ),
    "DR522": Explanation(
        "a loop over what has no list of values",
        "A pool has no order and a stamp no end: loops over them would tell apart states that are one. Ask\n"
        "any(... for x in Pool), or choose one.",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n  size: 0..3\n"
        "  ready: bool\nprocedures: |\n  def f():\n      for page in Page:\n          pass",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n  ready: bool\n"
        "  Page.dirty: bool\nprocedures: |\n  def f():\n      ready = any(page.dirty for page in Page)",
    ),
    "DR523": Explanation(
        "a parameter without a type",
        "Each parameter has its type, as in C.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f(index):\n      pass",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n  size: 0..3\n"
        "  ready: bool\nprocedures: |\n  def f(index: Index):\n      pass",
    ),
    "DR530": Explanation(
        "a local that needs its type written",
        "A local takes the type of its first value. Where that says too little (None, or one of several\n"
        "integers), write the type at the first assignment.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      tries = 0\n      tries += 1",
        "types: {Tries: 0..9}\nstate:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n"
        "      tries: Tries = 0\n      tries += 1",
    ),
    "DR531": Explanation(
        "a local that may be unset",
        "Every path that leads to a read must have given the local a value. Constants do not count: a test may go\n"
        "either way, a `for` may run no round; `while True` is left by break alone.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      if ready:\n"
        "          wanted = True\n      ready = wanted",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      wanted = False\n"
        "      if ready:\n          wanted = True\n      ready = wanted",
    ),
    "DR532": Explanation(
        "a name that is taken",
        "Locals, parameters and loop variables are new names: what hides a state variable would read like it.",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n  size: 0..3\n"
        "  ready: bool\nprocedures: |\n  def f():\n      for size in Index:\n          pass",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n  size: 0..3\n"
        "  ready: bool\nprocedures: |\n  def f():\n      for index in Index:\n          pass",
    ),
    "DR533": Explanation(
        "an assignment to what is never assigned",
        "Constants, named values and loop variables keep their value, and a lock has none.",
        "constants: {LIMIT: 3}\nstate:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      LIMIT = 2",
        "constants: {LIMIT: 3}\nstate:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size = LIMIT",
    ),
    "DR534": Explanation(
        "an annotation in the wrong place",
        "A local is annotated once, where it gets its first value. State is declared in the section state.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      wanted: bool",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      wanted: bool = True",
    ),
    "DR540": Explanation(
        "a call of what is no procedure",
        "Procedures stand in the section procedures, of this file or one that it includes; primitives are the\n"
        "kernel's, those that the language has. Interrupts, RCU, bit operations and wake-ups are not among them: the\n"
        "help says how to say the same. Methods (`lock.acquire()`) are Python's, not the kernel's.",
        "state:\n  lock: spinlock\nprocedures: |\n  def f():\n      spin_lok(lock)",
        "state:\n  lock: spinlock\nprocedures: |\n  def f():\n      spin_lock(lock)\n      spin_unlock(lock)",
    ),
    "DR541": Explanation(
        "a wrong number of arguments",
        "A call has one argument for each parameter.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      smp_mb(size)",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      smp_mb()",
    ),
    "DR542": Explanation(
        "recursion",
        "Calls are inlined, so that every state is finite: no procedure may call itself, directly or through\nothers.",
        "procedures: |\n  def f():\n      g()\n  def g():\n      f()",
        "procedures: |\n  def f():\n      g()\n  def g():\n      pass",
    ),
    "DR543": Explanation(
        "a call within one step",
        "The conditions of wait_event, assert, choose(... if ...), of quantifiers over pools, and of properties\n"
        "are evaluated in one step. They call only min, max, len, all, any and sum; properties also\n"
        "finished(thread).",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      wait_event(maybe())",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      wait_event(ready)",
    ),
    "DR544": Explanation(
        "the value of what gives none",
        "Operations such as spin_lock, and procedures without `->`, give no value.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      ready = smp_mb()",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      smp_mb()\n      ready = True",
    ),
    "DR545": Explanation(
        "a result that may be missing",
        "A procedure with a result returns one on every path, unless the result may be None.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f() -> bool:\n      if ready:\n"
        "          return True",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f() -> bool:\n      if ready:\n"
        "          return True\n      return False",
    ),
    "DR546": Explanation(
        "a return that does not match the result",
        "What a procedure returns stands behind `->` in its first line.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      return size",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n  size: 0..3\n"
        "  ready: bool\nprocedures: |\n  def f() -> Index:\n      return size",
    ),
    "DR550": Explanation(
        "an operation on the wrong lock",
        "Each kind of lock has operations of its own, with the kernel's names. The help names the one that fits.",
        "state:\n  lock: mutex\nprocedures: |\n  def f():\n      spin_lock(lock)",
        "state:\n  lock: mutex\nprocedures: |\n  def f():\n      mutex_lock(lock)\n      mutex_unlock(lock)",
    ),
    "DR551": Explanation(
        "a lock that `with` does not take so",
        "`with lock:` takes a spinlock or mutex, `with read(lock):` and `with write(lock):` an rwlock or rwsem,\n"
        "and `with write(lock):` a seqlock or seqcount.",
        "state:\n  lock: rwsem\nprocedures: |\n  def f():\n      with lock:\n          pass",
        "state:\n  lock: rwsem\nprocedures: |\n  def f():\n      with read(lock):\n          pass",
    ),
    "DR552": Explanation(
        "an operation on what is no state variable",
        "Locks, atomics, READ_ONCE and renew work on the state, which threads share; locals belong to one thread.",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n  size: 0..3\n"
        "  ready: bool\nprocedures: |\n  def f(count: Index):\n      atomic_inc(count)",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      atomic_inc(size)",
    ),
    "DR553": Explanation(
        "an operation on a state variable of the wrong type",
        "Atomic arithmetic works on ranges, xchg and cmpxchg on finite types and pools, renew on stamps,\n"
        "READ_ONCE and WRITE_ONCE on all but locks.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      atomic_inc(ready)",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      atomic_inc(size)",
    ),
    "DR560": Explanation(
        "an override without a target",
        "@override replaces a procedure of the same name of a file included before, and there is none.",
        "procedures: |\n  @override\n  def f():\n      pass",
        "procedures: |\n  def f():\n      pass",
    ),
    "DR561": Explanation(
        "a procedure defined twice",
        "A procedure that is meant to replace another is marked @override, so that nobody replaces one by\naccident.",
        "procedures: |\n  def f():\n      pass\n  def f():\n      pass",
        "procedures: |\n  def f():\n      pass\n  @override\n  def f():\n      pass",
    ),
    "DR562": Explanation(
        "an override with another signature",
        "Callers know a procedure by its parameters and its result, so an override has the same number and types.",
        "procedures: |\n  def f():\n      pass\n  @override\n  def f(all_of_it: bool):\n      pass",
        "procedures: |\n  def f():\n      pass\n  @override\n  def f():\n      pass",
    ),
    "DR563": Explanation(
        "a procedure with a name that is taken",
        "Procedures, state variables, types, constants and primitives share one name space.",
        "procedures: |\n  def spin_lock():\n      pass",
        "procedures: |\n  def lock_all():\n      pass",
    ),
    "DR571": Explanation(
        "finished in the wrong place",
        "finished(thread) is True when the thread has reached its end. Properties may ask it, of a thread by its\n"
        "name; code shares a state variable instead.",
        "invariants: {never: not finished(cpu9)}",
        "invariants: {never: finished(cpu0) or not finished(cpu0)}",
    ),
}

CODE: Mapping[str, Explanation] = {**SYNTAX, **_TYPES}
