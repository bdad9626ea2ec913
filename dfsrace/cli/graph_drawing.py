# SPDX-License-Identifier: GPL-2.0-only
"""What `dfsrace graph` writes: each view in each format. Texts and bytes; nothing is printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from dfsrace.operations import Model
    from dfsrace.render.drawn_graph import DrawnGraph
    from dfsrace.render.layered import Layout, Placed
    from dfsrace.trace.picture import Picture
    from dfsrace.trace.record import Trace
    from dfsrace.trace.states import StateGraph

View = Literal["lanes", "film", "vm", "states"]
VIEWS: tuple[View, ...] = ("lanes", "film", "vm", "states")
IMAGES = ("svg", "png", "pdf")
# Formats by the endings of files that are written in them.
ENDINGS = {
    "svg": ("svg",),
    "png": ("png",),
    "pdf": ("pdf",),
    "dot": ("dot", "gv"),
    "mermaid": ("mmd", "mermaid"),
    "graphml": ("graphml",),
    "gexf": ("gexf",),
    "json": ("json",),
}
FORMATS = tuple(ENDINGS)
LAYOUTS = ("auto", "layers", "graphviz")
# Beyond this Graphviz takes minutes.
MOST_FOR_GRAPHVIZ = 400


@dataclass(frozen=True, slots=True)
class Look:
    """How it is to look. `step`: of the view `vm`, None for the last; `note` is told what the user should know."""

    view: View
    format: str
    theme: str
    step: int | None
    layout: str
    note: Callable[[str], None]

    @property
    def paper(self) -> bool:
        """Whether the format has one theme only, and is for print."""
        return self.format in ("png", "pdf")


def of_trace(model: Model, trace: Trace, look: Look) -> str | bytes:
    """The views of one interleaving. Usage errors for a step that it does not have."""
    from dfsrace.trace.pictures import pictures

    made = pictures(model.system, trace)
    step = len(trace.steps) if look.step is None else look.step
    if step > len(trace.steps):
        raise click.UsageError(f"--step {step}: the interleaving has the steps 0 (at first) to {len(trace.steps)}")
    if look.format in IMAGES:
        return _image(_trace_svg(model, trace, made, step, look), look)
    if look.format == "dot":
        from dfsrace.render.dot import dot

        return dot(_drawn(model, trace, made, step, look))
    if look.format == "mermaid":
        return _sequence(trace) if look.view == "lanes" else _flowchart(_drawn(model, trace, made, step, look))
    return _file(trace, made, step, look)


def of_states(model: Model, states: StateGraph, look: Look) -> str | bytes:
    """The state space."""
    from dfsrace.render.drawn_graph import drawn_states

    if look.format in IMAGES:
        from dfsrace.render.states_svg import states_svg

        theme = "light" if look.paper and look.theme == "auto" else look.theme
        names = [thread.name for thread in model.system.threads]
        layout = _layout(states, look)
        return _image(states_svg(states, names, theme=theme, title=model.system.title, layout=layout), look)
    if look.format == "dot":
        from dfsrace.render.dot import dot

        return dot(drawn_states(states, model.system.title))
    if look.format == "mermaid":
        return _flowchart(drawn_states(states, model.system.title))
    from dfsrace.trace.graph_files import FORMATS as WRITERS
    from dfsrace.trace.graphs import state_graph

    return WRITERS[look.format](state_graph(states))


def _trace_svg(model: Model, trace: Trace, made: tuple[Picture, ...], step: int, look: Look) -> str:
    theme = "light" if look.paper and look.theme == "auto" else look.theme
    title = model.system.title
    if look.view == "lanes":
        from dfsrace.render.lanes_svg import lanes_svg

        return lanes_svg(trace, theme=theme, title=title)
    if look.view == "film":
        from dfsrace.render.film_svg import film_svg

        return film_svg(made, theme=theme, title=title, shape="page" if look.format == "pdf" else "slide")
    from dfsrace.render.vm_svg import vm_svg

    return vm_svg(made, step, theme=theme, title=title)


def _image(svg: str, look: Look) -> str | bytes:
    if look.format == "svg":
        return svg
    from dfsrace.render import raster

    return raster.png(svg) if look.format == "png" else raster.pdf(svg)


def _drawn(model: Model, trace: Trace, made: tuple[Picture, ...], step: int, look: Look) -> DrawnGraph:
    from dfsrace.render.drawn_graph import drawn_film, drawn_lanes, drawn_vm

    if look.view == "lanes":
        return drawn_lanes(trace, made, model.system.title)
    return drawn_film(made, model.system.title) if look.view == "film" else drawn_vm(made[step], model.system.title)


def _file(trace: Trace, made: tuple[Picture, ...], step: int, look: Look) -> str:
    """A networkx graph as a file."""
    from dfsrace.trace.graph_files import FORMATS as WRITERS
    from dfsrace.trace.graphs import film_graph, frame_graph, trace_graph

    write = WRITERS[look.format]
    if look.view == "lanes":
        return write(trace_graph(trace, made))
    if look.view == "film":
        return write(film_graph([picture for picture in made if picture.interesting]))
    return write(frame_graph(made[step]))


def _sequence(trace: Trace) -> str:
    """The lanes as Mermaid has them: a sequence diagram."""
    from dfsrace.gate.formats.mermaid import sequence_diagram
    from dfsrace.render.report_json import trace_object

    said = trace.message or ", ".join(trace.violated)
    text = sequence_diagram({"trace": trace_object(trace), "message": said, "property": ", ".join(trace.violated)})
    if not text:
        raise click.ClickException("there is no step to draw; --view vm shows the initial state")
    return f"{text if trace.violated else text.rpartition(chr(10))[0]}\n"


def _flowchart(graph: DrawnGraph) -> str:
    from dfsrace.render.mermaid_graph import TooLargeForMermaid, flowchart

    try:
        return flowchart(graph)
    except TooLargeForMermaid as error:
        message = f"too much for Mermaid: {error}; take svg, dot or graphml, or a smaller model with --set"
        raise click.ClickException(message) from error


def _layout(states: StateGraph, look: Look) -> Callable[[Layout], Placed]:
    """Graphviz's layout where it is installed and was not refused, else ours."""
    from dfsrace.render.graphviz_layout import NoGraphviz, by_graphviz, is_installed
    from dfsrace.render.layered import layered

    offer = "pip install 'dfsrace[graphviz]'"
    if look.layout == "layers" or (look.layout == "auto" and len(states.nodes) > MOST_FOR_GRAPHVIZ):
        return layered
    if not is_installed():
        if look.layout == "graphviz":
            instead = "--layout layers needs none, and -o FILE.dot or -o FILE.mmd leave it to their readers"
            raise click.ClickException(f"Graphviz is not installed ({offer}); {instead}")
        look.note(
            f"laid out in layers, for Graphviz is not installed ({offer}); -o FILE.dot and -o FILE.mmd are laid out by"
            " what reads them, and --layout layers says nothing of this"
        )
        return layered

    def placed(layout: Layout) -> Placed:
        try:
            return by_graphviz(layout)
        except NoGraphviz as error:
            if look.layout == "graphviz":
                raise click.ClickException(f"Graphviz cannot be used: {error}") from error
            look.note(f"laid out in layers, for Graphviz cannot be used: {error}")
            return layered(layout)

    return placed
