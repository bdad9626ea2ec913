# SPDX-License-Identifier: GPL-2.0-only
"""DR2xx: sections, includes, and constants."""

from __future__ import annotations

from collections.abc import Mapping

from dfsrace.diagnostics.explanation import Explanation

SECTIONS: Mapping[str, Explanation] = {
    "DR201": Explanation(
        "an unknown section",
        "The sections are model, about, sources, include, constants, types, state, setup, procedures, threads,\n"
        "invariants, reach, check, bounds and expect.",
        "constant:\n  PAGES: 1",
        "constants:\n  PAGES: 1",
    ),
    "DR202": Explanation(
        "a reserved section",
        "progress (liveness) and memory (weak memory models) are reserved for a later version. A model that has them\n"
        "is refused rather than checked without them.",
        "memory: weak",
        "about: checked under sequential consistency",
    ),
    "DR203": Explanation(
        "a section is missing",
        "A file that is checked has a title (model) and threads. A file without threads is a piece for other files\n"
        "to include.",
    ),
    "DR204": Explanation(
        "a section that an included file may not have",
        "threads, check, reach, bounds and expect belong to the file that is checked. Move what several models share\n"
        "into a file without them, and include that.",
    ),
    "DR205": Explanation(
        "a section has the wrong shape",
        "Some sections are mappings (constants, types, state, threads, invariants, reach, bounds), some lists\n"
        "(include, sources, check), some texts (model, about), some code (setup, procedures, and what a thread does).\n"
        "Code on several lines stands in a block: `procedures: |`, and its lines below, indented. Without the | YAML\n"
        "takes them for a mapping.",
        "constants: [PAGES, FRAMES]",
        "constants: {PAGES: 1, FRAMES: 2}",
    ),
    "DR206": Explanation(
        "an unknown key",
        "A thread has daemon and run; an invariant holds, says and at; bounds have states, seconds and switches;\n"
        "expect has violates.",
        "bounds:\n  steps: 100",
        "bounds:\n  states: 100",
    ),
    "DR207": Explanation(
        "a value is missing",
        "A key stands without a value. Write one, or remove the key.",
        "constants:\n  PAGES:",
        "constants:\n  PAGES: 1",
    ),
    "DR208": Explanation(
        "code that YAML folds",
        "Code on several lines stands in a block that begins with `|`, which keeps its lines. In a block that begins\n"
        "with `>`, or a quoted or plain text on several lines, YAML would join them, and no place in the code could\n"
        "be shown.",
        "procedures: >\n  def f():\n      pass",
        "procedures: |\n  def f():\n      pass",
    ),
    "DR209": Explanation(
        "YAML's words for Python's values",
        "Values are written as in Python: True, False, None.",
        "constants:\n  SLOW: true",
        "constants:\n  SLOW: True",
    ),
    "DR210": Explanation(
        "an include that is not there",
        "A bare name (vm, hook) is looked up in the folders given with --library, in their order, then in the\n"
        "library that comes with dfsrace; never beside the including file. A name that ends in .yaml is a path,\n"
        "which starts at the including file.",
        "include: [vmm]",
        "include: [vm]",
    ),
    "DR211": Explanation(
        "includes in a circle",
        "A file cannot include itself, directly or through others: each is read once, before the file that includes\n"
        "it. Move what both need into a third file.",
    ),
    "DR212": Explanation(
        "not an include",
        "An include is the bare name of a library piece, without folder and suffix, or a path that ends in .yaml.",
        "include: [protocols/hook]",
        "include: [vm, hook]",
    ),
    "DR220": Explanation(
        "a constant expression that is not understood",
        "Constants, bounds of ranges and initial values are integers, True, False, None, names of constants and\n"
        "named values, and integers joined by + - * // % and parentheses.",
        "constants:\n  PAGES: 1 plus 1",
        "constants:\n  PAGES: 1 + 1",
    ),
    "DR221": Explanation(
        "an unknown name in a constant expression",
        "Only constants and named values may stand there: what the state holds is not known yet.",
        "constants:\n  PAGES: 2\n  LAST: PAGE - 1",
        "constants:\n  PAGES: 2\n  LAST: PAGES - 1",
    ),
    "DR222": Explanation(
        "--set of a constant that the model has not",
        "--set changes constants that the model or its includes declare; `dfsrace show source MODEL` lists them.",
    ),
    "DR223": Explanation(
        "constants that depend on each other",
        "The value of a constant may use others, but not itself, and not through a hundred others.",
        "constants:\n  A: B + 1\n  B: A - 1",
        "constants:\n  A: B + 1\n  B: 1",
    ),
    "DR224": Explanation(
        "no integer",
        "Bounds of ranges, sizes of pools, and arithmetic want integers.",
        "constants:\n  PAGES: None\ntypes:\n  Index: 0..PAGES",
        "constants:\n  PAGES: 2\ntypes:\n  Index: 0..PAGES",
    ),
    "DR225": Explanation(
        "a number that is too large, or a division by zero",
        "Constants lie between -10**18 and 10**18.",
        "constants:\n  PAGES: 1 // 0",
        "constants:\n  PAGES: 1 // 1",
    ),
    "DR226": Explanation(
        "--set without a value",
        "Write --set NAME=VALUE; the value is written as in the model: --set PAGES=2, --set VM_OPS=None.",
    ),
}
