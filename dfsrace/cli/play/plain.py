# SPDX-License-Identifier: GPL-2.0-only
"""`play` with plain prompts: on any terminal, and for lines that come through a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from dfsrace.cli import exits, streams
from dfsrace.cli.play.session import Session
from dfsrace.cli.play.words import blocked_text, head, possible_rows, state_lines
from dfsrace.cli.progress import looking_line
from dfsrace.diagnostics.text import printable
from dfsrace.render.style import Line, wrapped

PROMPT = "play> "


def run_plain(session: Session, colours: bool) -> int:
    """Asks and answers until somebody leaves. The exit code."""
    code = _Plain(session, colours).all()
    if session.play.position:
        streams.write(session.replay_line() + "\n")
    streams.flush()
    return code


class _Plain:
    """Prompts and answers."""

    def __init__(self, session: Session, colours: bool) -> None:
        self.session, self.colours = session, colours
        self.line = looking_line(False, "looking for a violation")
        session.options = replace(session.options, progress=self.line)
        self.typed = streams.is_terminal(sys.stdin)
        if self.typed:
            with suppress(ImportError):
                import readline  # noqa: F401  (input() edits lines with it)
        with suppress(AttributeError, ValueError):
            sys.stdin.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]

    def all(self) -> int:
        """The whole conversation; Ctrl-C ends it, whatever is under way."""
        try:
            return self.talk()
        except KeyboardInterrupt:
            streams.write("\n")
            return exits.INTERRUPTED

    def talk(self) -> int:
        """Asks until somebody leaves, or there is nothing more to read."""
        session = self.session
        name = session.drawing.clean(session.model.name)
        self.show([((name, "title"), (f"   {session.drawing.clean(session.model.system.title)}", "dim"))])
        self.show([(("a number makes that step, `help` lists the words, `quit` leaves", "dim"),), ()])
        self.show(self.here())
        while True:
            line = self.ask()
            if line is None:
                return exits.HOLDS
            answer = session.do(line)
            if self.line is not None:
                self.line.clear()
            self.show(answer.lines)
            if answer.leave:
                return exits.HOLDS
            if answer.moved:
                self.show(self.here())

    def ask(self) -> str | None:
        """The next line; None at the end of input. What comes through a pipe is shown, so that all can be read."""
        streams.flush()
        if self.typed:
            try:
                return input(PROMPT)
            except EOFError:
                streams.write("\n")
                return None
        line = sys.stdin.readline() if sys.stdin is not None else ""
        if not line:
            return None
        streams.write(PROMPT + printable(line.rstrip("\n")) + "\n")
        return line

    def here(self) -> Iterator[Line]:
        """Where one is and what could be done."""
        play, drawing = self.session.play, self.session.drawing
        yield head(play, drawing, drawing.width)
        if play.violated and (message := play.message()):
            yield ((drawing.fit("  " + drawing.clean(message), drawing.width), ""),)
        yield from state_lines(play, drawing)
        waiting = [drawing.fit(drawing.clean(blocked_text(b)), drawing.width - 2) for b in play.blocked()]
        for text in wrapped(waiting, drawing.width, "  ", "; "):
            yield ((text, "dim"),)
        possible = play.possible()
        for number, (word, text, rest) in enumerate(possible_rows(possible, drawing, drawing.width - 6), 1):
            step = possible[number - 1].step
            bad = step is not None and bool(step.violates)
            yield ((f"{number:>4}  {word}  {text}  ", ""), (rest, "bad" if bad else "changed"))
        if not possible:
            yield (("  no step can be made here: `back` takes one back", "dim"),)

    def show(self, lines: object) -> None:
        """Writes styled lines."""
        streams.write_lines(lines, self.colours)  # type: ignore[arg-type]
