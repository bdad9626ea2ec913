# SPDX-License-Identifier: GPL-2.0-only
"""One step of a thread as Promela: from the node before which it rests to the next such node.

Without choices the step is one option `d_step { guard -> ... }`. With choices it is one option `atomic { ... }` of
several d_steps, between which a local takes each value that it may; `at` says which comes next. Either way locals are
assigned in temporaries and stored only where the step ends in a state, and cells that were stored are put back where it
does not: then the step has led from a state to itself, and SPIN has nothing to count.
"""

from __future__ import annotations

from dfsrace.export.spin.memory import Lines
from dfsrace.export.spin.names import comment, encoded
from dfsrace.export.spin.operations import choice_tests, execute, is_unconditional
from dfsrace.export.spin.writer import NO_STEP, Writer
from dfsrace.system.program import Choose, Node, starts_step
from dfsrace.system.types import finite_values


class StepWriter(Writer):
    """Writes the option of one step."""

    # ---- the option

    def option(self) -> Lines:
        """The lines of the option in the choice of the next step."""
        guard = self.guards.can_move(self.start)
        place = f"{self.names.pc(self.thread)} == {self.names.numbers[self.thread][self.start]}"
        test = place if guard == "1" else f"{place} && {guard}"
        node = self.code.nodes[self.start]
        head = f"/* {comment(self.code.name)}, {comment(str(node.span))}: {comment(node.text)} */"
        if not self.region.open:
            body = self._first_segment()
            return [head, ":: d_step {", f"     {test} ->", *_indented(body), "   }"]
        first = ["   :: d_step {", "        at == 1 ->", *_indented(self._first_segment(), 8), "      }"]
        choices = [line for number, choice in enumerate(self.region.choices) for line in self._choice(number, choice)]
        return [
            *(head, ":: atomic {", f"     {test} -> at = 1;", "     do"),
            *(f"  {line}" for line in (*first, *choices)),
            *("     :: at == 0 -> break", "     od", "   }"),
        ]

    def _first_segment(self) -> Lines:
        self._begin(0)
        live = self.code.nodes[self.start].live
        for slot in sorted(self.region.assigned & live):
            self.emit(f"{self.local(slot)} = {self.names.local(self.thread, slot)};")
        for variable, component in self.region.stored if self.region.undoes else ():
            self.shared.saved[self.region.open, variable, component] = None
            self.emit(*self._copied(variable, component, back=False))
        if any(self.code.nodes[n].atomic for n in self.region.nodes):
            self.emit(f"{self.accessed} = 0;")
            self.shared.waits_in_atomic.add(self.region.open)
        return self._finished_segment(self.start)

    def _copied(self, variable: int, component: str, back: bool) -> Lines:
        part, kept = self.names.parts[variable][component], self.saved(variable, component)
        places = [""] if part.size == 1 else [f"[{place}]" for place in range(part.size)]
        pairs = ((f"{part.name}{place}", f"{kept}{place}") for place in places)
        return [f"{one} = {other};" if back else f"{other} = {one};" for one, other in pairs]

    def _begin(self, segment: int) -> None:
        self.segment = segment
        self.lines = []
        self.targets = set()

    def _finished_segment(self, first: int) -> Lines:
        """All code from a node on, and the ways out of the d_step."""
        self._write(first)
        undo = [x for v, c in self.region.stored for x in self._copied(v, c, back=True)] if self.region.undoes else []
        self.place("V")
        if self.label_name("V") in self.targets:
            self.emit("judge();")
        self.place("U")
        if {self.label_name("V"), self.label_name("U")} & self.targets:
            self.emit(*undo)
        self.place("N")
        self.place("D")
        if self.region.open:
            self.emit("at = 0;")
        self.place("E")
        lines = []
        for line in self.lines:
            if not line.startswith("@"):
                lines.append(line)
            elif line[1:] in self.targets:
                lines.append(f"{line[1:]}: skip;")
        return [*lines, "skip"]

    # ---- nodes

    def _write(self, first: int) -> None:
        """Writes the nodes from `first` on, each once; what comes next in the text needs no goto."""
        written: set[tuple[int, bool]] = set()
        waiting: list[tuple[int, bool]] = [(first, self.segment == 0 and first == self.start)]
        while waiting:
            key = waiting.pop()
            while key not in written:
                written.add(key)
                place, runs = key
                self.place(self.key_label(key))
                node = self.code.nodes[place]
                if not runs and starts_step(node):
                    self.rest(place)
                    break
                if isinstance(node.operation, Choose):
                    self.prepare_choice(place)
                    break
                following = execute(self, place)
                if not following:
                    break
                keys = [(self.past(n), False) for n in following]
                waiting += keys[1:]
                key = keys[0]
                if key in written:
                    self.emit(f"goto {self.label(self.key_label(key))};")

    # ---- choices

    def prepare_choice(self, place: int) -> None:
        """Leaves the d_step for a choice; where the condition holds for no value, the step waits."""
        operation = self.code.nodes[place].operation
        assert isinstance(operation, Choose)
        if not is_unconditional(operation):
            failing, tests = choice_tests(self, operation)
            self.fail(failing, place)
            self.wait(f"!({' || '.join(tests)})", place)
        number = self.region.choices.index(place)
        self.emit(f"at = {2 * number + 2};", f"goto {self.label('E')};")

    def _choice(self, number: int, place: int) -> Lines:
        """The options that take each value, and the d_step that goes on with it."""
        node = self.code.nodes[place]
        operation = node.operation
        assert isinstance(operation, Choose)
        kind, local = self.code.locals[operation.local].type, self.local(operation.local)
        lines = [
            f"   :: at == {2 * number + 2} -> {local} = {encoded(kind, value)}; at = {2 * number + 3}"
            for value in finite_values(operation.domain)
        ]
        self._begin(number + 1)
        if not is_unconditional(operation):
            self._check_choice(place, operation, node)
        if node.atomic and not is_unconditional(operation):
            self.emit(f"{self.accessed} = 1;")
        body = self._finished_segment(self.past(node.next[0]))
        return [*lines, "   :: d_step {", f"        at == {2 * number + 3} ->", *_indented(body, 8), "      }"]

    def _check_choice(self, place: int, operation: Choose, node: Node) -> None:
        """A value that does not satisfy the condition makes no step."""
        kind, local = self.code.locals[operation.local].type, self.local(operation.local)
        _, tests = choice_tests(self, operation)
        taken = [
            f"({local} == {encoded(kind, value)} && {test})"
            for value, test in zip(finite_values(operation.domain), tests, strict=True)
        ]
        self.fail_if(f"!({' || '.join(taken)})", NO_STEP, place)


def _indented(lines: Lines, by: int = 5) -> Lines:
    return [" " * by + line for line in lines]
