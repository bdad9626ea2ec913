# SPDX-License-Identifier: GPL-2.0-only
"""DR6xx: what only unrolling, running setup, or exploring shows. DR700 is an error of ours."""

from __future__ import annotations

from collections.abc import Mapping

from dfsrace.diagnostics.explanation import Explanation

LOWERING: Mapping[str, Explanation] = {
    "DR700": Explanation(
        "a bug of dfsrace",
        "Nothing is wrong with the model. In JSON this stands for a model whose check ended in an error of ours.\n"
        "Please report it with the model, the command, and what it prints with DFSRACE_DEBUG=1.",
    ),
    "DR601": Explanation(
        "the code of a thread is too large",
        "Calls are inlined and loops over types are unrolled. Loops in loops, and procedures that are called from\n"
        "many places, multiply.",
    ),
    "DR603": Explanation(
        "setup loops for ever",
        "Setup runs to its end before any thread starts. A loop that comes back to the same place with nothing\n"
        "changed never ends.",
        "setup: |\n  while True:\n      pass",
        "setup: |\n  pass",
    ),
    "DR604": Explanation(
        "setup waits",
        "Setup runs alone: what it waits for, nobody can bring about.",
        "state: {ready: bool}\nsetup: |\n  wait_event(ready)",
        "state: {ready: bool}\nsetup: |\n  ready = True\n  wait_event(ready)",
    ),
    "DR605": Explanation(
        "setup ends with a lock held",
        "A lock is held by a thread, and setup is none. Let the thread take the lock first.",
        "state: {l: mutex}\nsetup: |\n  mutex_lock(l)",
        "state: {l: mutex}\nsetup: |\n  with l:\n      pass",
    ),
    "DR606": Explanation(
        "setup meets a violation",
        "Setup makes the initial states. One of its paths stores a value outside a range, uses None, fails an\n"
        "assert, or breaks a lock's rules.",
        "state: {n: 0..1}\nsetup: |\n  n = n + 2",
        "state: {n: 0..1}\nsetup: |\n  n = n + 1",
    ),
    "DR607": Explanation(
        "setup chooses too often",
        "Every combination of the choices in setup is an initial state of its own. Choose only what the threads or\n"
        "the properties look at, or lower the constants that setup loops over.",
    ),
    "DR608": Explanation(
        "a chain of comparisons grows too large",
        "In `a < b < c` the middle is looked at twice, so that chains within the middle of chains double in size at\n"
        "each level. Write two comparisons and join them with `and`.",
    ),
    "DR611": Explanation(
        "a loop without a shared access",
        "Only accesses to the state are steps, and other threads run between steps. A loop that comes back to the\n"
        "same place without one can never be left.",
    ),
    "DR612": Explanation(
        "a property without a value",
        "Properties are judged in every state. Where one uses None, divides by zero or leaves a range, it is neither\n"
        "true nor false. Test for that first: `and` and `or` stop as soon as the result is known.",
    ),
    "DR613": Explanation(
        "the native engine cannot explore this model here",
        "Compiled code was asked for with --engine native. It needs a C compiler, gcc or clang, and has no room for\n"
        "pools of more than 62 values, nor for a checkpoint beside --switches. The reference engine explores every\n"
        "model; --engine auto takes whichever answers first.",
    ),
    "DR614": Explanation(
        "a checkpoint cannot be written or resumed",
        "A search goes on only from a whole checkpoint of the same search: the same model with the same constants,\n"
        "reductions, properties and --first, by the same dfsrace. Bounds, threads and memory may be others. A file\n"
        "that is there is never written over unless --resume goes on from it.",
    ),
}
