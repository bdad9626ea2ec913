# SPDX-License-Identifier: GPL-2.0-only
"""One play of one model: what the words at the prompt do. Both faces use it, and print what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from dfsrace.cli import streams
from dfsrace.cli.interrupts import Interrupts
from dfsrace.cli.naming import load_named
from dfsrace.cli.output import OutputFile
from dfsrace.diagnostics.suggest import did_you_mean
from dfsrace.engine.options import Options
from dfsrace.engine.reference import LoopsWithoutAccess, PropertyError
from dfsrace.operations import Model, replay_words
from dfsrace.render.report_text import trace_lines
from dfsrace.render.style import Drawing, Line, counted
from dfsrace.render.words import shell_word
from dfsrace.system.system import AUTOMATIC_PROPERTIES
from dfsrace.trace.play import MOST_STARTS, Onward, Play
from dfsrace.trace.replay import ReplayError
from dfsrace.trace.schedule import ScheduleError

if TYPE_CHECKING:
    from dfsrace.cli.play import Request

WORDS = {
    "back": "back [N]           take a step back, or N",
    "forward": "forward [N]        make a step again that was taken back, or N",
    "jump": "jump N             go to after step N",
    "run": "run [PROPERTY]     follow the shortest way from here to a violation",
    "start": "start [PROPERTY]   the same from the beginning",
    "init": "init K             begin at the K-th initial state",
    "state": "state              every cell that counts, and the locals",
    "trace": "trace              the way here as lanes, explained if it ends in a violation",
    "save": "save [FILE]        print the command that comes here again, or write it to FILE",
    "load": "load SCHEDULE      make the steps of a schedule, from here or from its init#K",
    "help": "help               this",
    "quit": "quit               leave; so does Ctrl-D",
}
HELP = (
    "NUMBER             make that step",
    "THREAD  THREAD*N   let a thread make a step, or N of them",
    "THREAD#VALUE       let it make a step with that choice",
    *WORDS.values(),
    "Words may be shortened. With a colon before it (:back) one is never taken",
    "for the name of a thread.",
)


WRONG = "the model is wrong in a state ahead; `dfsrace check` shows where"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a line: lines to show, whether one is elsewhere now, whether to leave."""

    lines: tuple[Line, ...] = ()
    moved: bool = False
    leave: bool = False


def said(text: str, bad: bool = False) -> Answer:
    """An answer of one line."""
    return Answer((((text, "bad" if bad else ""),),))


@dataclass(slots=True)
class Session:
    """A play, and the words for it. `interrupts` end a search under way."""

    model: Model
    play: Play
    drawing: Drawing
    options: Options
    interrupts: Interrupts = field(default_factory=Interrupts)

    def do(self, line: str) -> Answer:
        """Does what a line says. Nothing that a line says is an error of the program's."""
        line = line.strip()
        first, _, rest = line.lstrip(":").partition(" ")
        if not line:
            return Answer(moved=True)
        try:
            if not line.startswith(":"):
                if line.isascii() and line.isdecimal():
                    return self._number(line)
                if self.names_a_thread(first):
                    return self._load(line)
            return self._word(first, rest.strip())
        except (PropertyError, LoopsWithoutAccess):
            return said(WRONG, bad=True)

    def replay_line(self) -> str:
        """The command that comes here again."""
        words = [shell_word(word) for word in replay_words(self.model)]
        return " ".join(["dfsrace", "replay", *words, "--schedule", shell_word(self.play.schedule)])

    def names_a_thread(self, word: str) -> bool:
        """Whether a word is one of a schedule."""
        names = {thread.name for thread in self.model.system.threads}
        parts = {word, word.partition("#")[0], word.rpartition("*")[0]}
        return word.startswith("init#") or not names.isdisjoint(parts)

    def searches(self, word: str) -> bool:
        """Whether a word, perhaps shortened, may take long."""
        return self._meant(word) in (["run"], ["start"])

    def _meant(self, word: str) -> list[str]:
        """The words that one may be short for."""
        lower = word.lower()
        return [lower] if lower in WORDS else [known for known in WORDS if word and known.startswith(lower)]

    # ---- words

    def _word(self, word: str, rest: str) -> Answer:
        matches = self._meant(word)
        if len(matches) > 1:
            return said(f"'{self.drawing.clean(word)}' could be {' or '.join(matches)}", bad=True)
        if not matches:
            known = [*WORDS, *(thread.name for thread in self.model.system.threads)]
            help = did_you_mean(word, known) or "`help` lists what there is"
            return said(f"there is no '{self.drawing.clean(word)}' here; {help}", bad=True)
        answer: Answer = getattr(self, f"_{matches[0]}")(rest)
        return answer

    def _number(self, digits: str) -> Answer:
        possible = self.play.possible()
        number = int(digits[:9]) - 1
        if not 0 <= number < len(possible):
            count = counted(len(possible), "step") if possible else "no step"
            return said(f"there is no step {digits[:9]}; {count} can be made here", bad=True)
        if not self.play.take(number):
            return said(f"it cannot be made: {self.drawing.clean(possible[number].why)}", bad=True)
        return Answer(moved=True)

    def _load(self, rest: str) -> Answer:
        if not rest:
            return said("say which schedule: load cpu0*2 cpu1", bad=True)
        try:
            made = self.play.follow(rest.strip("'\""))
        except ScheduleError as error:
            return said(self.drawing.clean(str(error)), bad=True)
        except ReplayError as error:
            return said(self.drawing.clean(str(error)), bad=True)
        return Answer((((counted(made, "step"), "dim"),),) if made != 1 else (), moved=True)

    def _back(self, rest: str) -> Answer:
        return self._moved(rest, self.play.back, "this is the beginning")

    def _forward(self, rest: str) -> Answer:
        return self._moved(rest, self.play.forward, "nothing was taken back")

    def _moved(self, rest: str, move: Callable[[int], int], none: str) -> Answer:
        count = _integer(rest or "1")
        if not count:
            return said(f"'{self.drawing.clean(rest)}' is no number of steps", bad=True)
        return Answer(moved=True) if move(count) else said(none, bad=True)

    def _jump(self, rest: str) -> Answer:
        count = _integer(rest)
        if count is None or count > len(self.play.steps):
            return said(f"say a step from 0 to {len(self.play.steps)}", bad=True)
        self.play.jump(count)
        return Answer(moved=True)

    def _init(self, rest: str) -> Answer:
        number = _integer(rest)
        if not number or not self.play.begin(number - 1):
            starts = self.play.starts
            many = f"over {starts - 1:,}" if starts == MOST_STARTS else f"{starts:,}"
            return said(f"say an initial state by its number: there {'is' if starts == 1 else 'are'} {many}", bad=True)
        return Answer(moved=True)

    def _state(self, rest: str) -> Answer:
        from dfsrace.cli.play.words import state_lines

        return Answer(tuple(state_lines(self.play, self.drawing)))

    def _trace(self, rest: str) -> Answer:
        trace = self.play.trace()
        return Answer(tuple(trace_lines(trace, self.drawing, trace.message)))

    def _save(self, rest: str) -> Answer:
        line = self.replay_line()
        if not rest:
            return said(line)
        try:
            with OutputFile(rest) as file:
                file.write(line + "\n")
        except click.ClickException as error:
            return said(self.drawing.clean(error.format_message()), bad=True)
        return said(f"written to {self.drawing.clean(rest)}")

    def _help(self, rest: str) -> Answer:
        return Answer(tuple(((text, ""),) for text in HELP))

    def _quit(self, rest: str) -> Answer:
        return Answer(leave=True)

    # ---- to the violation

    def _run(self, rest: str) -> Answer:
        return self._onward(rest, self.play.run, "from here")

    def _start(self, rest: str) -> Answer:
        return self._onward(rest, self.play.run_from_start, "from the beginning")

    def _onward(self, rest: str, run: Callable[[tuple[str, ...], Options], Onward], where: str) -> Answer:
        known = {p.name for p in self.model.system.properties if p.kind == "invariant"} | set(AUTOMATIC_PROPERTIES)
        name = rest if rest in known else rest.replace("-", " ")
        if rest and name not in known:
            help = did_you_mean(rest, sorted(known)) or f"there is {', '.join(sorted(known))}"
            return said(self.drawing.clean(f"there is no property '{rest}' to run to; {help}"), bad=True)
        self.interrupts.asked = False
        with self.interrupts.noted():
            onward = run((name,) if rest else (), self.options)
        self.interrupts.asked = False
        if onward.found:
            return Answer((((f"{counted(onward.steps, 'step')} {where}", "dim"),),), moved=True)
        return said(self._not_found(onward, name, where), bad=bool(onward.cut))

    def _not_found(self, onward: Onward, name: str, where: str) -> str:
        what = f"a violation of {self.drawing.clean(name)}" if name else "a violation"
        other = "; `start` goes the shortest way from the beginning" if where == "from here" else ""
        if self.play.ended and where == "from here":
            return f"this step led nowhere: take it back, or begin again with `start`{'' if not name else ' ' + name}"
        if onward.cut:
            return f"not found {where}, and not everything was looked at: {onward.cut}{other}"
        return f"no other state ahead: {what} cannot be reached {where} ({counted(onward.states, 'state')}){other}"


def _integer(text: str) -> int | None:
    """A number of at most nine digits."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None


def begin(request: Request) -> Session | None:
    """The session of a command line, its schedule followed; None, with the reason said, where that cannot be."""
    model = load_named(request.model, request.libraries, request.constants)
    interrupts = Interrupts()
    options = Options(states=request.states, seconds=request.seconds, interrupted=interrupts)
    try:
        session = Session(model, Play(model.system), streams.drawing(request.ascii_only, False), options, interrupts)
        if request.schedule:
            session.play.follow(request.schedule)
    except (ScheduleError, ReplayError) as error:
        streams.complain(f"dfsrace: {error}")
        return None
    except (PropertyError, LoopsWithoutAccess):
        streams.complain(f"dfsrace: {WRONG}")
        return None
    return session
