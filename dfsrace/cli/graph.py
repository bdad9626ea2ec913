# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace graph`: a counterexample, or a small state space, as a picture or as a graph for other tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from dfsrace.cli import exits, streams
from dfsrace.cli.engine_options import objects_folder
from dfsrace.cli.graph_drawing import ENDINGS, FORMATS, LAYOUTS, VIEWS, Look, View
from dfsrace.cli.interrupts import Interrupts
from dfsrace.cli.options import model_argument, model_options, read_integer, reduce_option
from dfsrace.cli.output import OutputFile
from dfsrace.cli.progress import ProgressLine, progress_line
from dfsrace.diagnostics.text import quoted

if TYPE_CHECKING:
    from dfsrace.engine.outcome import Schedule
    from dfsrace.operations import Model
    from dfsrace.trace.record import Trace
    from dfsrace.trace.report import Counterexample, Report
    from dfsrace.trace.state_search import TooManyStates
    from dfsrace.trace.states import StateGraph

EPILOG = """\b
Examples:
  dfsrace graph seed-question -o lanes.svg                    the interleaving, a lane a thread
  dfsrace graph seed-question -o film.pdf --view film         the VM at each step that matters
  dfsrace graph seed-question -o vm.png --view vm --step 13   the VM after one step
  dfsrace graph lost-update -o states.svg --view states       all reachable states
  dfsrace graph race.yaml -o race.graphml --property no_pte_maps_stale_page
  dfsrace graph race.yaml -o - --format dot --schedule 'cpu0*2 cpu1' | xdot -

\b
Views:
  lanes    steps from top to bottom, locks as bars, what was read and became stale
  film     the state at first, at each step that changes what points where, and in the end
  vm       the state after one step
  states   all reachable states of a small model, the counterexample marked; of up to --nodes
           states each is drawn, of more one for all in which the threads stand alike

\b
Formats, by the ending of FILE: svg, png, pdf; dot (gv), mmd (Mermaid), graphml, gexf, json
(networkx's node-link form).

\b
Exit codes: 0 the file was written, 2 the command or the model is wrong or there is nothing to
draw, 3 the search was ended before it found anything to draw.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """The command line of one `graph`."""

    model: str
    constants: dict[str, str]
    libraries: tuple[str, ...]
    output: str | None
    form: str | None
    view: View
    step: int | None
    prop: str | None
    schedule: str | None
    theme: str
    layout: str
    nodes: int
    states: int
    reductions: frozenset[str]


class Unfinished(Exception):
    """The search ended before there was anything to draw; the text says why."""


def read_format(context: click.Context, parameter: click.Parameter, given: str | None) -> str | None:
    """The name of a format, or another ending that stands for it."""
    if given is None:
        return None
    found = next((name for name, endings in ENDINGS.items() if given.lower() in (name, *endings)), None)
    if found is None:
        from dfsrace.diagnostics.suggest import did_you_mean

        help = did_you_mean(given, FORMATS) or f"there is {', '.join(FORMATS)}"
        raise click.BadParameter(f"there is no format '{given}'; {help}", context, parameter)
    return found


@click.command("graph", epilog=EPILOG, short_help="Draw a counterexample or a state space, or write it as a graph.")
@model_argument
@click.option("-o", "--output", metavar="FILE", help="Write there; - is standard output, with --format.")
@click.option(
    "--format", "form", metavar="FORMAT", callback=read_format, help="The format, where FILE's ending does not say it."
)
@click.option(
    "--view", type=click.Choice(VIEWS), default="lanes", show_default=True, help="What is drawn; see Views below."
)
@click.option(
    "--step", metavar="N", callback=read_integer(0), help="Of --view vm: after which step; default: the last."
)
@click.option("--property", "prop", metavar="NAME", help="The violated property whose counterexample it is.")
@click.option("--schedule", metavar="SCHEDULE", help="Draw this interleaving, written as reports print it.")
@model_options
@click.option(
    "--theme",
    type=click.Choice(["auto", "light", "dark"]),
    default="auto",
    show_default=True,
    help="Of svg, auto follows the reader; png and pdf are light then.",
)
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    default="auto",
    show_default=True,
    help="Of --view states: by Graphviz, if dfsrace[graphviz] is installed, or in layers.",
)
@click.option(
    "--nodes",
    metavar="N",
    default="2_000",
    show_default=True,
    callback=read_integer(1),
    help="Of --view states: draw at most N nodes.",
)
@click.option(
    "--states",
    metavar="N",
    default="100_000",
    show_default=True,
    callback=read_integer(1),
    help="Of --view states: visit at most N states.",
)
@reduce_option
def command(**given: Any) -> int:
    """Draw a counterexample of MODEL, or all its reachable states, or write them as a graph for other tools.

    The counterexample is the shortest one of a violated property, as check finds it. MODEL is a file, `-` for standard
    input, or the name of a shipped model or its last part.
    """
    request = Request(**given)
    form = _format(request)
    look = Look(request.view, form, request.theme, request.step, request.layout, _note)
    _refuse(request)
    try:
        if request.output == "-":
            _to_standard_output(_Run(request).drawn(look))
        else:
            with OutputFile(request.output or "") as file:
                file.write(_Run(request).drawn(look))
    except Unfinished as error:
        streams.complain(f"dfsrace: {error}")
        return exits.INCONCLUSIVE
    return exits.HOLDS


def _format(request: Request) -> str:
    """The format asked for, or the one that the file's ending says."""
    from dfsrace.diagnostics.suggest import did_you_mean

    if request.output is None:
        raise click.UsageError(
            f"say where to write it: -o FILE, its ending one of {_endings()}; or -o - --format FORMAT"
        )
    if request.form is not None:
        return request.form
    if request.output == "-":
        raise click.UsageError(f"say how to write it: --format {'|'.join(FORMATS)}")
    _, dot, ending = request.output.rpartition(".")
    known = {one: name for name, endings in ENDINGS.items() for one in endings}
    if dot and ending.lower() in known:
        return known[ending.lower()]
    help = (did_you_mean(ending, known) if dot and len(ending) < 12 else "") or f"it may end in {_endings()}"
    raise click.UsageError(f"{quoted(request.output, 300)} does not say the format; {help} (--format says it, too)")


def _endings() -> str:
    return ", ".join(f".{ending}" for endings in ENDINGS.values() for ending in endings)


def _refuse(request: Request) -> None:
    """Options that do not go together, and a file that is a model."""
    from dfsrace.cli.naming import same_file

    if request.output and request.output != "-" and same_file(request.output, request.model):
        raise click.UsageError(f"-o would write over the model '{request.output}'")
    if request.step is not None and request.view != "vm":
        raise click.UsageError(f"--step goes with --view vm, not with {request.view}")
    if request.layout != "auto" and request.view != "states":
        raise click.UsageError(f"--layout goes with --view states, not with {request.view}")


def _note(text: str) -> None:
    streams.complain(f"dfsrace: {text}")


def _to_standard_output(data: str | bytes) -> None:
    if isinstance(data, str):
        data = data.encode("utf-8", "backslashreplace")
    streams.write_bytes(data)


@dataclass(slots=True)
class _Run:
    """One run of the command."""

    request: Request
    interrupts: Interrupts = field(default_factory=Interrupts)
    line: ProgressLine | None = field(default_factory=lambda: progress_line(False, False))

    def drawn(self, look: Look) -> str | bytes:
        """What the file holds. Unfinished; usage errors and ModelError where there is nothing to draw."""
        from dfsrace.cli.graph_drawing import of_states, of_trace
        from dfsrace.cli.naming import load_named

        request = self.request
        model = load_named(request.model, request.libraries, request.constants)
        try:
            trace = self._followed(model) if request.schedule is not None else None
            if look.view == "states":
                return of_states(model, self._states(model, trace), look)
            return of_trace(model, trace or self._found(model), look)
        finally:
            if self.line is not None:
                self.line.clear()

    # ---- the interleaving

    def _followed(self, model: Model) -> Trace:
        """The interleaving that --schedule says."""
        from dfsrace.operations import ReplayError, ScheduleError, replay

        name = self._property(model)
        try:
            trace = replay(model, self.request.schedule or "", violated=name)
        except (ReplayError, ScheduleError) as error:
            raise click.ClickException(f"--schedule: {error}") from error
        if name is not None and name not in trace.violated:
            raise click.ClickException(f"--schedule does not lead to a violation of {quoted(name)}")
        return trace

    def _found(self, model: Model) -> Trace:
        """The counterexample of the property asked for, or of the first that is violated."""
        report = self._checked(model, None)
        shown = [found for found in report.violations if found.trace is not None]
        name = self._property(model)
        chosen = next((found for found in shown if name in (None, found.violation.property)), None)
        if chosen is None or chosen.trace is None:
            raise self._nothing(report, name)
        others = [found.violation.property for found in shown if found is not chosen and name is None]
        if others:
            more = ", ".join(others)
            _note(f"this is {chosen.violation.property}; --property shows what else is violated: {more}")
        return chosen.trace

    def _nothing(self, report: Report, name: str | None) -> Exception:
        """Why there is no counterexample, and what can be drawn instead."""
        instead = "--view states draws its states, --schedule any interleaving"
        named = f"{quoted(name)} is" if name is not None else "nothing is"
        never = [
            c.violation.property for c in report.violations if c.trace is None and name in (None, c.violation.property)
        ]
        if never:
            return click.ClickException(f"{quoted(never[0])} is never true, which has no counterexample; {instead}")
        if not report.complete and report.stopped_by is not None:
            return Unfinished(f"{named} violated so far, for {report.stopped_by.reason}; nothing was written")
        violated = self._others(report.violations)
        refused = "not violated" if name is not None else "violated"
        return click.ClickException(f"{named} {refused}{violated}, so there is no counterexample to draw; {instead}")

    @staticmethod
    def _others(found: Sequence[Counterexample]) -> str:
        names = [one.violation.property for one in found]
        return f" (but {', '.join(names)})" if names else ""

    def _property(self, model: Model) -> str | None:
        """The property asked for, by its own name."""
        from dfsrace.system.system import AUTOMATIC_PROPERTIES

        name = self.request.prop
        if name is None or name in {p.name for p in model.system.properties}:
            return name
        plain = name.replace("-", " ")
        return plain if plain in AUTOMATIC_PROPERTIES else name

    def _checked(self, model: Model, states: int | None) -> Report:
        """What a check finds; the first Ctrl-C ends it."""
        from dfsrace.engine.memory import memory_limit
        from dfsrace.engine.options import Options
        from dfsrace.operations import check

        name = self._property(model)
        options = Options(
            reductions=self.request.reductions,
            properties=None if name is None else frozenset({name}),
            states=states,
            memory=memory_limit(),
            progress=self.line,
            interrupted=self.interrupts,
            objects=objects_folder(),
        )
        with self.interrupts.noted():
            return check(model, options=options)

    # ---- the states

    def _states(self, model: Model, trace: Trace | None) -> StateGraph:
        """The reachable states, with the interleaving of --schedule or else a counterexample marked."""
        from dfsrace.engine.reference import LoopsWithoutAccess, PropertyError
        from dfsrace.trace.state_search import Interrupted, TooManyStates, Wanted, state_graph_of

        marked = trace.schedule if trace else self._marked(model)
        name, request = self._property(model), self.request
        wanted = Wanted(
            request.reductions,
            None if name is None else frozenset({name}),
            request.nodes,
            request.states,
            marked,
            self._progress,
        )
        try:
            with self.interrupts.noted():
                return state_graph_of(model.system, wanted)
        except TooManyStates as error:
            raise self._too_many(error) from error
        except (LoopsWithoutAccess, PropertyError):
            self._checked(model, None)  # an error of the model's, which this says as it should be said
            raise
        except Interrupted:
            raise Unfinished("interrupted; nothing was written") from None

    def _marked(self, model: Model) -> Schedule | None:
        """The schedule of the counterexample to mark; none where nothing is violated."""
        report = self._checked(model, self.request.states)
        if self.interrupts.asked:
            raise Unfinished("interrupted; nothing was written")
        name = self._property(model)
        traces = (found.trace for found in report.violations if name in (None, found.violation.property))
        return next((trace.schedule for trace in traces if trace is not None), None)

    def _progress(self, states: int) -> bool:
        if self.line is not None:
            self.line.draw(f"{states:,} states drawn")
        return self.interrupts.asked

    def _too_many(self, error: TooManyStates) -> click.ClickException:
        option, reason = "--states", f"there are more than {self.request.states:,} states"
        if error.nodes is not None:
            folded = "with all states in which the threads stand at the same places as one"
            option, reason = "--nodes", f"{error.states:,} states are {error.nodes:,} nodes even {folded}"
        return click.ClickException(f"{reason}; raise {option} N, or make the model smaller with --set")


__all__: Sequence[str] = ["command"]
