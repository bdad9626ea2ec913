# SPDX-License-Identifier: GPL-2.0-only
"""What the Promela text says of itself, and its variables."""

from __future__ import annotations

from dfsrace.export.spin.expressions import CODES
from dfsrace.export.spin.guards import Guards, owned
from dfsrace.export.spin.memory import Lines
from dfsrace.export.spin.names import Names, comment, narrowest
from dfsrace.export.spin.properties import flag_of
from dfsrace.export.spin.writer import Shared
from dfsrace.system import System
from dfsrace.system.types import type_text


def head(system: System) -> Lines:
    """Comments: what this is, and how to run it."""
    return [
        f"/* {comment(system.title)}",
        f"   {comment(system.file)}: {comment(', '.join(f'{name} = {value}' for name, value in system.constants))}",
        "",
        "   spin -a FILE && cc -O1 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -c0 -m1000000",
        "",
        "   SPIN stores one state more than the model has without reductions: the one before the first.",
        "   Each violated property is one failed assertion, violated_N; below is which N is which property.",
        "   With spin -DREACH -a, a reach that is met is a failed assertion reached_N; what never is, is violated. */",
    ]


def declarations(shared: Shared, guards: list[Guards], looking: bool) -> Lines:
    """All variables and macros."""
    names = shared.names
    return [*_flags(names), "", *_cells(names), "", *_threads(names), "", *_scratch(shared, looking), *_owning(names)]


def _flags(names: Names) -> Lines:
    lines = [f"hidden byte violated_{number};  /* {name} */" for name, number in CODES.items()]
    for place, prop in enumerate(names.system.properties):
        lines.append(f"hidden byte {flag_of(place, prop)};  /* {prop.kind} {comment(prop.name)} */")
    lines += [f"hidden byte exhausted_{n};  /* pool {comment(pool.name)} */" for n, pool in enumerate(names.pools)]
    return [*lines, "hidden byte no_verdict;  /* a violation while a property was evaluated */"]


def _array(kind: str, name: str, size: int) -> str:
    if size == 1:
        return f"{kind} {name};"
    return f"{'byte' if kind == 'bit' else kind} {name}[{size}];"


def unhidden(kind: str) -> str:
    """SPIN hides no bits."""
    return "byte" if kind == "bit" else kind


def _cells(names: Names) -> Lines:
    lines: Lines = []
    for index, variable in enumerate(names.system.variables):
        text = f"{comment(variable.name)}: {comment(type_text(variable.type))}"
        for component, part in names.parts[index].items():
            kind = names.declared(part.kind)
            lines.append(f"{_array(kind, part.name, part.size)}  /* {text}{component and ', ' + component} */")
    return lines


def _threads(names: Names) -> Lines:
    lines: Lines = []
    for number, thread in enumerate(names.system.threads):
        kind = narrowest(0, max(names.numbers[number].values(), default=0))
        lines.append(f"{kind} {names.pc(number)};  /* {comment(thread.name)}: {comment(thread.text)} */")
        for slot in names.slots[number]:
            local = thread.locals[slot]
            text = f"{comment(local.name)}: {comment(type_text(local.type))}"
            lines.append(f"{names.declared(local.type)} {names.local(number, slot)};  /* {text} */")
    return lines


def _scratch(shared: Shared, looking: bool) -> Lines:
    """What steps use in between; at the loop's head all that is not hidden is 0, but h_visible."""
    names = shared.names
    lines = ["short bad;"]
    is_open = any(key[0] for key in shared.temporaries)
    lines += ["short at;", "bit accessed;"] if is_open else []
    lines += ["hidden byte h_accessed;"] if False in shared.waits_in_atomic else []
    for (opened, slot), kinds in shared.temporaries.items():
        prefix = "t" if opened else "h_t"
        kind = names.declared(*kinds)
        lines.append(f"{kind} {prefix}{slot};" if opened else f"hidden {unhidden(kind)} {prefix}{slot};")
    for opened, variable, component in shared.saved:
        part = names.parts[variable][component]
        kind = names.declared(part.kind)
        text = _array(kind if opened else unhidden(kind), ("old_" if opened else "h_old_") + part.name, part.size)
        lines.append(text if opened else f"hidden {text}")
    for number, pool in enumerate(names.pools):
        lines.append(f"hidden byte h_held{number}[{pool.size}];")
        lines.append(f"{'' if looking else 'hidden '}byte h_visible{number}[{pool.size}];")
    most = max(names.stamp_values.values(), default=0)
    lines += [f"hidden byte h_used[{most}];"] if most else []
    return [*lines, "hidden int h_was;", "hidden short h_new;", "hidden short h_free;", "hidden byte h_again;"]


def _owning(names: Names) -> Lines:
    lines: Lines = []
    for thread in range(names.threads):
        lines.append(f"#define OWNS_SPINNING_{thread} {owned(names, thread, True)}")
        lines.append(f"#define OWNS_{thread} {owned(names, thread, False)}")
    return lines
