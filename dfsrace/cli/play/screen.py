# SPDX-License-Identifier: GPL-2.0-only
"""`play` on the full screen: the steps that could be made, what the chosen one would do, the state, the way here.

The terminal's own colours are used, and none but for violations; everything that is shown is text, never markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, ScrollableContainer, VerticalScroll
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from dfsrace.cli import exits, streams
from dfsrace.cli.play.session import HELP, Answer, Session
from dfsrace.cli.play.words import blocked_text, cells, effects, head, possible_rows, step_line, where
from dfsrace.diagnostics.text import width
from dfsrace.render.style import Line

Found = TypeVar("Found", bound=Widget)

KEYS = "Enter step  ← back  → forward  r run  t trace  s save  : word  ? help  q quit"
ASCII_KEYS = "Enter step  Left back  Right forward  r run  t trace  s save  ? help  q quit"
MORE_KEYS = (
    "R run from the beginning   j go to a step   i another initial state",
    "c every cell   l load a schedule",
    "Home to the beginning   Tab to the state and to the way here   q quit",
    "Words, after a colon:",
)
SEARCHING = "searching for the shortest way to a violation; Escape or Ctrl-C ends it"
_LOOKS = {
    "title": "bold",
    "verdict-bad": "bold red",
    "verdict-good": "green",
    "verdict-open": "bold yellow",
    "changed": "bold",
    "stale": "magenta",
    "dim": "dim",
    "heading": "bold",
    "bad": "bold red",
}


def run_screen(session: Session, colours: bool) -> int:
    """Plays until somebody leaves; the way there is printed then, as a command. The exit code."""
    code = PlayApp(session, colours).run()
    if session.play.position:
        streams.write(session.replay_line() + "\n")
    streams.flush()
    return exits.HOLDS if code is None else code


class Looks:
    """Styled lines as the text of widgets, with or without colours."""

    def __init__(self, colours: bool) -> None:
        self.colours = colours

    def line(self, line: Line) -> Text:
        """One line."""
        return Text.assemble(*((text, self.style(style)) for text, style in line), no_wrap=True, overflow="ellipsis")

    def lines(self, lines: Iterable[Line]) -> Text:
        """Several."""
        return Text("\n").join([self.line(line) for line in lines])

    def style(self, style: str) -> str:
        """The look of a style."""
        look = _LOOKS.get(style, "")
        return look if self.colours else "bold" if "bold" in look else "dim" if look == "dim" else ""


class Reading(Screen[None]):
    """Lines to read: help, a trace, every cell."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter,t,question_mark", "dismiss", "close")]

    def __init__(self, text: Text) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        with ScrollableContainer():
            yield Static(self.text, id="reading")
        yield Static("q closes, the arrow keys scroll", id="keys")

    def on_mount(self) -> None:
        self.query_one(ScrollableContainer).focus()


class PlayApp(App[int]):
    """The full screen."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    * { background: ansi_default; color: ansi_default; scrollbar-size-vertical: 1; scrollbar-color: ansi_default;
        scrollbar-background: ansi_default; scrollbar-color-hover: ansi_default; scrollbar-color-active: ansi_default;
        scrollbar-background-hover: ansi_default; scrollbar-background-active: ansi_default; }
    #head, #notice, #keys { height: 1; }
    #message { height: auto; max-height: 2; }
    #keys { text-style: dim; }
    OptionList, OptionList:focus { height: auto; max-height: 40%; border: none; padding: 0;
        background: ansi_default; background-tint: ansi_default 0%; }
    OptionList > .option-list--option-highlighted, OptionList:focus > .option-list--option-highlighted {
        background: ansi_default; color: ansi_default; text-style: reverse; }
    OptionList > .option-list--option-hover { background: ansi_default; color: ansi_default; }
    #preview { height: auto; max-height: 5; padding: 0 0 0 2; }
    #blocked { height: auto; max-height: 3; text-style: dim; }
    Horizontal { height: 1fr; }
    Horizontal > VerticalScroll { width: 1fr; border-top: solid ansi_default; }
    ScrollableContainer { height: 1fr; }
    #head, #notice, #state, #steps, #preview, #reading { text-wrap: nowrap; text-overflow: ellipsis; }
    #reading { width: auto; }
    Input, Input:focus { height: 1; border: none; padding: 0; }
    Input > .input--cursor, Input:focus > .input--cursor { text-style: reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", priority=True),
        Binding("ctrl+d", "leave", priority=True),
        Binding("ctrl+q", "leave", priority=True),
        Binding("q", "leave"),
        Binding("left,backspace,b", "say('back')"),
        Binding("right,f", "say('forward')"),
        Binding("home", "say('jump 0')"),
        Binding("r", "search('run')"),
        Binding("R", "search('start')"),
        Binding("t", "read('trace')"),
        Binding("c", "read('state')"),
        Binding("s", "say('save')"),
        # Before the widgets, so that what is pasted behind one of these is not taken for keys.
        Binding("j", "ask('j', 'jump ')", priority=True),
        Binding("i", "ask('i', 'init ')", priority=True),
        Binding("l", "ask('l', 'load ')", priority=True),
        Binding("colon", "ask(':', '')", priority=True),
        Binding("question_mark,f1", "help"),
        Binding("escape", "escape"),
    ]

    def __init__(self, session: Session, colours: bool) -> None:
        super().__init__(ansi_color=True)
        self.session, self.looks = session, Looks(colours)
        self.searching = self.leaving = False

    # ---- what is there

    def compose(self) -> ComposeResult:
        yield Static(id="head")
        yield Static(id="message")
        yield OptionList(id="possible")
        yield Static(id="preview")
        yield Static(id="blocked")
        with Horizontal():
            with VerticalScroll(id="cells", can_focus=True):
                yield Static(id="state")
            with VerticalScroll(id="way", can_focus=True):
                yield Static(id="steps")
        yield Static(id="notice")
        yield Input(id="word", select_on_focus=False)
        yield Static(ASCII_KEYS if self.session.drawing.ascii else KEYS, id="keys", markup=False)

    def on_mount(self) -> None:
        self.find("cells", VerticalScroll).border_title = "state"
        self.find("way", VerticalScroll).border_title = "the way here"
        self.find("word", Input).display = False
        self.show_position()
        self.find("possible", OptionList).focus()

    def on_resize(self) -> None:
        """What is shown is cut to the screen's width."""
        self.call_after_refresh(self.show_position)

    def find(self, name: str, kind: type[Found]) -> Found:
        """A widget of the first screen, whatever is read on top of it."""
        return self.screen_stack[0].query_one(f"#{name}", kind)

    def put(self, name: str, lines: Iterable[Line]) -> None:
        """Shows lines in a place."""
        self.find(name, Static).update(self.looks.lines(lines))

    def show_position(self) -> None:
        """Shows where one is; not while a search, in a thread of its own, goes about in the play."""
        if self.searching:
            return
        play, drawing = self.session.play, self.session.drawing
        name = drawing.fit(drawing.clean(self.session.model.name), 30)
        self.put("head", [((f"{name}  ", "title"), *head(play, drawing, max(20, self.size.width - width(name) - 2)))])
        message = drawing.clean(play.message()) if play.violated else ""
        self.find("message", Static).update(Text(message))
        self.find("message", Static).display = bool(message)
        self.show_possible()
        blocked = "; ".join(drawing.clean(blocked_text(b)) for b in play.blocked())
        self.find("blocked", Static).update(Text(blocked))
        self.find("blocked", Static).display = bool(blocked)
        self.put(
            "state", [((text + (" *" if new else ""), "changed" if new else ""),) for text, new in cells(play, drawing)]
        )
        lines: list[Line] = []
        for step in play.steps:
            mark = (">" if drawing.ascii else "▸") if step.number == play.position else " "
            lines.append(((mark + step_line(step, drawing, 400), "" if step.number <= play.position else "dim"),))
        self.put("steps", lines or [(("nothing has been done yet", "dim"),)])
        self.find("way", VerticalScroll).scroll_to(y=max(0, play.position - 2), animate=False)

    def show_possible(self) -> None:
        """Lists the steps that could be made."""
        play, drawing, options = self.session.play, self.session.drawing, self.find("possible", OptionList)
        possible = play.possible()
        rows = possible_rows(possible, drawing, max(40, self.size.width - 6))
        options.clear_options()
        for number, (row, found) in enumerate(zip(rows, possible, strict=True), 1):
            word, text, rest = row
            bad = found.step is None or bool(found.step.violates)
            line: Line = ((f"{number:>3} {word}  {text}  ", ""), (rest, "bad" if bad else ""))
            options.add_option(Option(self.looks.line(line)))
        options.display = bool(possible)
        if possible:
            options.highlighted = 0
        self.show_preview(0)

    def show_preview(self, number: int) -> None:
        """Shows what a step would do; not during a search."""
        if self.searching:
            return
        possible = self.session.play.possible()
        if not possible:
            self.put("preview", [(("no step can be made here: ← takes one back, R begins again", "dim"),)])
        elif number < len(possible):
            found, drawing = possible[number], self.session.drawing
            what = (
                [f"cannot be made: {found.why}"]
                if found.step is None
                else [where(found.step), *effects(found.step, drawing)]
            )
            self.put(
                "preview", [((drawing.clean(text), "dim" if place == 0 else ""),) for place, text in enumerate(what)]
            )

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Shows what the step under the cursor would do."""
        self.show_preview(event.option_index)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Makes the step under the cursor."""
        if not self.searching:
            self.answer(self.session.do(str(event.option_index + 1)))

    # ---- what is said

    def answer(self, answer: Answer) -> None:
        """Shows what came of a line: one line as a notice, more on a page of their own."""
        self.put("notice", answer.lines[:1] if len(answer.lines) == 1 else [])
        if answer.leave:
            self.exit(exits.HOLDS)
        elif answer.moved:
            self.show_position()
        if len(answer.lines) > 1:
            self.push_screen(Reading(self.looks.lines(answer.lines)))

    def action_say(self, line: str) -> None:
        """Does what a line says."""
        if not self.searching:
            self.answer(self.session.do(f":{line}"))

    def action_read(self, word: str) -> None:
        """Shows lines on a page of their own, however few."""
        if not self.searching:
            self.push_screen(Reading(self.looks.lines(self.session.do(f":{word}").lines)))

    def action_help(self) -> None:
        """Shows the keys and the words."""
        texts = [ASCII_KEYS if self.session.drawing.ascii else KEYS, *MORE_KEYS, "", *HELP]
        self.push_screen(Reading(self.looks.lines([((text, ""),) for text in texts])))

    def action_ask(self, key: str, begun: str) -> None:
        """Asks for a word that has begun; while one is typed, the key is a letter of it."""
        word = self.find("word", Input)
        if word.display:
            word.insert_text_at_cursor(key)
        elif not self.searching and len(self.screen_stack) == 1:
            word.value, word.cursor_position = f":{begun}", len(begun) + 1
            word.display = True
            self.screen.set_focus(word)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Does what was typed."""
        line = event.value.strip().lstrip(":")
        self.action_escape()
        first = line.partition(" ")[0]
        is_step = first.isdecimal() or self.session.names_a_thread(first)
        if first and not is_step and self.session.searches(first):
            self.action_search(line)
        elif line and not self.searching:
            self.answer(self.session.do(line if is_step else f":{line}"))

    def action_escape(self) -> None:
        """Ends a search; puts the line to type in away."""
        self.session.interrupts.asked = self.searching
        self.find("word", Input).display = False
        self.screen_stack[0].set_focus(self.find("possible", OptionList))

    # ---- searches

    def action_search(self, line: str) -> None:
        """Looks for a violation, while the keys are still heeded."""
        if not self.searching:
            self.searching = True
            self.put("notice", [((SEARCHING, "dim"),)])
            self.look(line)

    @work(thread=True)
    def look(self, line: str) -> None:
        """The search itself."""
        answer = self.session.do(f":{line}")
        self.call_from_thread(self.looked, answer)

    def looked(self, answer: Answer) -> None:
        """Shows what it found."""
        self.searching = False
        if self.leaving:
            self.exit(exits.INTERRUPTED)
        else:
            self.show_position()  # the window may have got another size
            self.answer(answer)

    # ---- leaving

    def action_interrupt(self) -> None:
        """Ctrl-C: ends a search, else leaves."""
        if self.searching:
            self.session.interrupts.asked = True
        else:
            self.exit(exits.INTERRUPTED)

    def action_leave(self) -> None:
        """Leaves; a search under way is ended first."""
        if self.searching:
            self.leaving = self.session.interrupts.asked = True
        else:
            self.exit(exits.HOLDS)
