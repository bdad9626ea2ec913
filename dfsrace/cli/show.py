# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace show`: the stages between a model's text and its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from dfsrace.cli import exits, streams
from dfsrace.cli.options import complete_model, model_options
from dfsrace.diagnostics.text import printable

if TYPE_CHECKING:
    from dfsrace.operations import Model
    from dfsrace.system.program import Thread

EPILOG = """\b
Examples:
  dfsrace show source seed-question      the model and all that it includes, with line numbers
  dfsrace show steps seed-question       where each thread can be interrupted
  dfsrace show system race.yaml          the transition system that is explored
  dfsrace show includes race.yaml        the files in the order in which they count
  dfsrace show c race.yaml               the C that the native engine compiles
  dfsrace show schema > schema.json      the JSON Schema of models, for editors
"""


def includes(model: Model) -> Iterator[str]:
    """The files in the order in which they count: the name in reports, and the path."""
    declarations = model.declarations
    files = [*declarations.includes, (declarations.file, model.path)]
    width = max(len(name) for name, _ in files)
    for name, path in files:
        yield f"{name:<{width}}  {printable(path)}".rstrip()


def source(model: Model) -> Iterator[str]:
    """The text of all files, in the order in which they count, each line with its number."""
    declarations = model.declarations
    texts = {file.name: file.text for file in declarations.sources}
    for number, name in enumerate([*(name for name, _ in declarations.includes), declarations.file]):
        if number:
            yield ""
        yield f"==> {name} <=="
        for place, line in enumerate(texts[name].rstrip("\n").split("\n"), 1):
            yield f"{place:5}  {printable(line.expandtabs())}".rstrip()


def steps(model: Model) -> Iterator[str]:
    """Every thread's places: where it can be interrupted, and the step that follows; a family's members together."""
    threads = model.system.threads
    shown: set[int] = set()
    for thread in threads:
        if id(thread.nodes) in shown:
            continue
        shown.add(id(thread.nodes))
        names = [t.name for t in threads if t.nodes is thread.nodes]
        if len(shown) > 1:
            yield ""
        yield f"{', '.join(names)}: {printable(' '.join(thread.text.split()))}{'  (daemon)' if thread.daemon else ''}"
        yield from _places(thread)


def _places(thread: Thread) -> Iterator[str]:
    """The places of one thread's code in the order of the text: number, file, procedures, the step that starts there.

    What an atomic block does in its one step stands under it, without numbers.
    """
    from dfsrace.system.program import shared_instruction, starts_step

    shown = [node for node in thread.nodes if starts_step(node) or (node.atomic and shared_instruction(node))]
    where = [printable(f"{node.span.file}:{node.span.line}") for node in shown]
    width = max((len(text) for text in where), default=0)
    number, before = 0, None
    for node, place in zip(shown, where, strict=True):
        stack = tuple(frame.procedure for frame in node.stack)
        if stack != before:
            yield f"{'':{width + 8}}{'  ' * max(len(stack) - 1, 0)}{stack[-1] if stack else thread.name}:"
            before = stack
        number += not node.atomic
        text = printable(node.text) or type(node.operation).__name__.lower()
        indent = "  " * (len(stack) + 1 + node.atomic)
        yield f"{'' if node.atomic else number:4}  {place:<{width}}  {indent}{text}"


def system(model: Model) -> Iterator[str]:
    """The transition system that engines and exporters see."""
    from dfsrace.system.printer import listing

    yield from (printable(line) for line in listing(model.system).rstrip("\n").split("\n"))


def c(model: Model) -> Iterator[str]:
    """The C that the native engine compiles: constants, what it is written in, the functions of every step."""
    from dfsrace.engine.native.values import Unsupported
    from dfsrace.operations import generated_source

    try:
        text = generated_source(model)
    except Unsupported as error:
        raise click.ClickException(f"the native engine cannot explore this model: {error}") from error
    yield from text.rstrip("\n").split("\n")


STAGES: dict[str, Callable[[Model], Iterator[str]]] = {
    "source": source,
    "steps": steps,
    "system": system,
    "includes": includes,
    "c": c,
}
SCHEMA = "schema"


def read_stage(context: click.Context, parameter: click.Parameter, given: str) -> str:
    """The name of a stage that there is."""
    from dfsrace.diagnostics.suggest import did_you_mean

    stages = (*STAGES, SCHEMA)
    if given not in stages:
        help = did_you_mean(given, stages) or f"say what to show first: {', '.join(stages)}"
        raise click.UsageError(f"there is no stage '{given}'; {help}", context)
    return given


def complete_stage(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Stages that begin so."""
    return [CompletionItem(stage) for stage in (*STAGES, SCHEMA) if stage.startswith(incomplete)]


@click.command("show", epilog=EPILOG, short_help="Show what becomes of a model before it is explored.")
@click.argument(
    "stage", metavar="{source|steps|system|includes|c|schema}", callback=read_stage, shell_complete=complete_stage
)
@click.argument("model", metavar="MODEL", required=False, shell_complete=complete_model)
@model_options
def command(stage: str, model: str | None, libraries: Sequence[str], constants: Mapping[str, str]) -> int:
    """Show what becomes of MODEL before it is explored.

    \b
    source    the text of all files
    steps     every place at which a thread can be interrupted
    system    the transition system
    includes  the files in the order in which they count
    c         the C that the native engine compiles
    schema    the JSON Schema of all models, for editors; takes no MODEL
    """
    if stage == SCHEMA:
        return _schema(given=bool(model or libraries or constants))
    if model is None:
        raise click.UsageError("Missing argument 'MODEL'.")
    from dfsrace.cli.naming import load_named

    for line in STAGES[stage](load_named(model, libraries, constants)):
        streams.write(line + "\n")
    return exits.HOLDS


def _schema(*, given: bool) -> int:
    if given:
        raise click.UsageError("schema takes no MODEL and no options: it is the same for all models")
    from dfsrace.language.schema import schema_text

    streams.write(schema_text())
    return exits.HOLDS
