# SPDX-License-Identifier: GPL-2.0-only
"""Errors that somebody could make in the generator: each a patch, by what it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from tempfile import mkdtemp
from typing import Any

import pytest

from dfsrace.engine.native import build, generate, locks, properties, steps
from dfsrace.engine.native.canonical import CanonicalCode
from dfsrace.engine.native.expressions import Expressions
from dfsrace.engine.native.locks import LOCK_WRITERS, LockSite
from dfsrace.engine.native.names import fail
from dfsrace.engine.native.properties import Concerns
from dfsrace.engine.native.references import ReferenceCode
from dfsrace.engine.native.regions import StepGraph
from dfsrace.engine.native.steps import StepWriter
from dfsrace.engine.native.writer import Writer
from dfsrace.engine.reference.expressions import Names
from dfsrace.engine.reference.memos import Reference
from dfsrace.system.expressions import Expr, Finished
from dfsrace.system.program import Choose, Node, Store, Thread
from dfsrace.system.types import finite_values

Patch = Callable[[pytest.MonkeyPatch], None]

SABOTAGES: dict[str, Patch] = {}


def sabotage(name: str) -> Callable[[Patch], Patch]:
    """Registers a patch by its name."""

    def register(patch: Patch) -> Patch:
        SABOTAGES[name] = patch
        return patch

    return register


# ---- locks


@sabotage("a lock may be taken twice by its owner, who then waits")
def _twice(patch: pytest.MonkeyPatch) -> None:
    def lock(site: LockSite) -> None:
        site.wait_if(site.get(0))
        site.put(0, site.me)

    patch.setitem(LOCK_WRITERS, "spin_lock", lock)


@sabotage("a lock has no owner: the first thread is noted as everybody's")
def _no_owner(patch: pytest.MonkeyPatch) -> None:
    def lock(site: LockSite) -> None:
        site.wait_if(site.get(0))
        site.put(0, 1)

    patch.setitem(LOCK_WRITERS, "mutex_lock", lock)


@sabotage("anybody may unlock")
def _foreign(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(LOCK_WRITERS, "mutex_unlock", lambda site: site.put(0, 0))


@sabotage("a writer of a rwsem waits without registering")
def _unregistered(patch: pytest.MonkeyPatch) -> None:
    def down_write(site: LockSite) -> None:
        site.wait_if(f"{site.get(0)} || {site.readers()}")
        site.put(0, site.me)

    patch.setitem(LOCK_WRITERS, "down_write", down_write)


@sabotage("readers of a rwsem overtake a registered writer")
def _overtaking(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LockSite, "waiters", lambda site: "0")


@sabotage("a writer does not look for readers")
def _readers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LockSite, "readers", lambda site: "0")


@sabotage("a writer's begin leaves the sequence as it was")
def _sequence(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(steps, "RENEWING_CALLS", frozenset())


@sabotage("a reader's retry looks at the writer only")
def _retry(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(LOCK_WRITERS, "read_seqretry", lambda site: f"({site.get(0)} != 0)")


@sabotage("a semaphore counts beyond its maximum unnoticed")
def _beyond(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LockSite, "violate_if", _only_unless(locks.LockSite.violate_if, "value out of range"))


def _only_unless(original: Callable[..., None], name: str) -> Callable[..., None]:
    def violate_if(site: LockSite, condition: str, what: str) -> None:
        if what != name:
            original(site, condition, what)
        else:
            site.wait_if(condition)

    return violate_if


@sabotage("nobody asks whether a sleeper holds a spinlock")
def _sleeping(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(StepWriter, "_judge_sleep", lambda writer: None)


@sabotage("a lock may be held at exit")
def _exit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(generate, "must_be_released", lambda kind, component: False)


# ---- steps


@sabotage("what waits later in an atomic block is no step")
def _blocks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Writer, "wait", property(lambda writer: "goto waits;"))


@sabotage("a local that a step has written is not stored")
def _unwritten(patch: pytest.MonkeyPatch) -> None:
    original = StepGraph.of.__func__  # type: ignore[attr-defined]

    def of(cls: type[StepGraph], thread: Any, start: int) -> StepGraph:
        graph: StepGraph = original(cls, thread, start)
        return StepGraph(graph.start, graph.order, graph.ends, dict.fromkeys(graph.written, frozenset()), graph.looping)

    patch.setattr(StepGraph, "of", classmethod(of))


@sabotage("a choice takes its first value")
def _first(patch: pytest.MonkeyPatch) -> None:
    original = StepWriter._choose

    def choose(writer: StepWriter, operation: Choose) -> None:
        if operation.condition is None and operation.domain.name == "Small":
            first = str(finite_values(operation.domain)[0])
            writer.convert_local(first, operation.domain, operation.local)
        else:
            original(writer, operation)

    patch.setattr(StepWriter, "_choose", choose)


@sabotage("a value is looked at before the address it goes to")
def _value_first(patch: pytest.MonkeyPatch) -> None:
    def store(writer: StepWriter, operation: Store) -> None:
        value = writer.name(writer.value(operation.value))
        cell = writer.cell(operation.access)
        raw = writer.expressions.converter.stored(value, operation.value.type, cell[2])
        writer.emit_all(writer.words.put("n", cell[0], cell[1], raw))

    patch.setattr(StepWriter, "_store", store)


@sabotage("a branch goes the other way")
def _branch(patch: pytest.MonkeyPatch) -> None:
    original = StepWriter._branch

    def branch(writer: StepWriter, node: Node, test: Expr, following: int | None) -> None:
        turned = Node(node.operation, node.next[::-1], node.span, live=node.live)
        original(writer, turned, test, following)

    patch.setattr(StepWriter, "_branch", branch)


@sabotage("coverage forgets what runs before a violation")
def _marks(patch: pytest.MonkeyPatch) -> None:
    original = Writer.finish

    def finish(writer: Writer, name: str, loops: bool) -> list[str]:
        lines = original(writer, name, loops)
        at = lines.index("fail:")
        return [*lines[: at + 1], "\t;", *lines[at + 2 :]]

    patch.setattr(Writer, "finish", finish)


@sabotage("no invariant is judged where a joined instruction is a violation")
def _unjudged(patch: pytest.MonkeyPatch) -> None:
    original = Writer.emit
    patch.setattr(Writer, "emit", lambda writer, line: original(writer, line if line != "judge = 1;" else ";"))


# ---- pools and stamps


@sabotage("fields of a page that nobody holds stay as they were")
def _uncleared(patch: pytest.MonkeyPatch) -> None:
    empty = ["static void clear_unheld(word *s, struct context *c)", "{", "\t(void)s; (void)c;", "}", ""]
    patch.setattr(ReferenceCode, "_clear_unheld", lambda code: empty)


@sabotage("a new page has the fields of the old one")
def _old_fields(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        ReferenceCode,
        "_start",
        lambda code, pool: [f"static void start{pool.number}(word *s, val v)", "{", "\t(void)s; (void)v;", "}", ""],
    )


@sabotage("what only a local holds is free")
def _locals(patch: pytest.MonkeyPatch) -> None:
    original = ReferenceCode._held

    def held(code: ReferenceCode) -> list[str]:
        kept, code.references.locals = code.references.locals, []
        try:
            return original(code)
        finally:
            code.references.locals = kept

    patch.setattr(ReferenceCode, "_held", held)


@sabotage("a stamp that only a local has is unused")
def _stamps(patch: pytest.MonkeyPatch) -> None:
    def everything(code: ReferenceCode) -> Sequence[Reference]:
        return [*code.references.roots, *code.references.field_references()]

    patch.setattr(ReferenceCode, "_everything", everything)


# ---- properties


@sabotage("what holds at the end is asked in every state")
def _at_end(patch: pytest.MonkeyPatch) -> None:
    original = properties.judge
    patch.setattr(
        generate,
        "judge",
        lambda given: [line.replace("ended(s)", "1").replace("!cells", "1") for line in original(given)],
    )


@sabotage("a daemon has to finish")
def _daemon(patch: pytest.MonkeyPatch) -> None:
    def ended(expressions: Expressions) -> list[str]:
        mask = 0
        for place in expressions.layout.threads:
            mask |= place.place.mask
        test = f"!{expressions.words.any_of('s', mask)}"
        return ["static int ended(const word *s)", "{", f"\treturn {test};", "}", ""]

    patch.setattr(generate, "ended", ended)


@sabotage("nobody is ever finished")
def _finished(patch: pytest.MonkeyPatch) -> None:
    original = Expressions.write

    def write(expressions: Expressions, expression: Expr, names: Names) -> str:
        return "0" if isinstance(expression, Finished) else original(expressions, expression, names)

    patch.setattr(Expressions, "write", write)


@sabotage("an index beside its range is the first one")
def _range(patch: pytest.MonkeyPatch) -> None:
    original = Expressions.checked

    def checked(expressions: Expressions, source: str, given: Any, wanted: Any) -> str:
        return original(expressions, source, given, wanted).replace(fail("value out of range"), ";")

    patch.setattr(Expressions, "checked", checked)


@sabotage("what is stored matters to no property")
def _stored(patch: pytest.MonkeyPatch) -> None:
    original = Concerns._changed_by

    def changed_by(concerns: Concerns, thread: Thread, place: int) -> bool:
        return not isinstance(thread.nodes[place].operation, Store) and original(concerns, thread, place)

    patch.setattr(Concerns, "_changed_by", changed_by)


@sabotage("that a thread finishes matters to no property")
def _finishing(patch: pytest.MonkeyPatch) -> None:
    original = Concerns.of
    patch.setattr(Concerns, "of", lambda given, pools: replace(original(given, pools), threads=False))


@sabotage("that a page is gone matters to no property")
def _gone(patch: pytest.MonkeyPatch) -> None:
    original = Concerns.of
    patch.setattr(Concerns, "of", lambda given, pools: original(given, False))


# ---- the canonical form


@sabotage("renaming forgets the stamps in locals")
def _forgotten(patch: pytest.MonkeyPatch) -> None:
    original = CanonicalCode._rename_stamps

    def rename(code: CanonicalCode) -> list[str]:
        kept = code.renaming.scan
        code.renaming.scan = code.references.roots
        try:
            return original(code)
        finally:
            code.renaming.scan = kept

    patch.setattr(CanonicalCode, "_rename_stamps", rename)


@sabotage("threads change places and leave their locks behind")
def _left_behind(patch: pytest.MonkeyPatch) -> None:
    original = CanonicalCode._move_threads

    def move(code: CanonicalCode) -> list[str]:
        kept, code.arrangement.owners = code.arrangement.owners, []
        try:
            return original(code)
        finally:
            code.arrangement.owners = kept

    patch.setattr(CanonicalCode, "_move_threads", move)


@sabotage("threads are not arranged at all")
def _unarranged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        CanonicalCode,
        "_compare",
        lambda code: [
            "static int compare_threads(const word *s, unsigned a, unsigned b)",
            "{",
            "\t(void)s;",
            "\treturn a < b ? -1 : 1;",
            "}",
            "",
        ],
    )


@sabotage("pages keep their numbers")
def _unmoved(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        CanonicalCode,
        "_move_values",
        lambda code: [
            "static void move_values(word *to, const word *s, const struct order *o)",
            "{",
            "\t(void)o;",
            "\tcopy_state(to, s);",
            "}",
            "",
        ],
    )


# ---- the runtime


def in_runtime(name: str, file: str, right: str, wrong: str) -> None:
    """Registers a patch that changes a line of the runtime, in a copy."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        folder = Path(mkdtemp(prefix="sabotage-")) / "runtime"
        copytree(generate.RUNTIME, folder)
        text = (folder / file).read_text(encoding="utf-8")
        assert right in text, f"{file} has changed: {right}"
        (folder / file).write_text(text.replace(right, wrong), encoding="utf-8")
        for module in (generate, build):
            monkeypatch.setattr(module, "RUNTIME", folder)

    SABOTAGES[name] = patch


in_runtime("quotients round to zero", "model.h", "? q - 1 : q", "? q : q")
in_runtime("the last of several values is never chosen", "model.h", "+ 1 == h->options[", "+ 2 >= h->options[")
in_runtime("only one order of equal threads is tried", "canonical.h", "return more;", "return 0;")
in_runtime("pages that only a lock holds are tried in one order", "canonical.h", "|| is_less(moved, best)", "")
in_runtime("switches are not counted", "sweep.c", "(t != w->places[thread])", "0")
in_runtime("a place is met again whatever the values are", "visits.c", "i < count; i++)", "i < (count = 0); i++)")
in_runtime("a state in whose batch a thread moves is no deadlock", "expand.c", "w->moved[i] |=", "w->moved[0] |=")
in_runtime("places are counted from 0", "expand.c", "p->steps[n - 1]", "p->steps[n % p->count]")
