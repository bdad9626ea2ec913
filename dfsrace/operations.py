# SPDX-License-Identifier: GPL-2.0-only
"""The public operations: load a model, check it, replay a schedule. Values in, values out; nothing is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from dfsrace.diagnostics import NOWHERE, Diagnostic, ModelError, Span
from dfsrace.diagnostics.suggest import did_you_mean
from dfsrace.diagnostics.text import quoted
from dfsrace.engine.checkpoint import CheckpointError
from dfsrace.engine.choose import CannotBeNative, explore_as_asked
from dfsrace.engine.memory import memory_limit
from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Outcome
from dfsrace.engine.reference import EnginesDisagree, LoopsWithoutAccess, PropertyError
from dfsrace.engine.resources import cores, objects_folder
from dfsrace.language import LoadedModel, ModelSource, load_model
from dfsrace.language.declarations import Declarations
from dfsrace.system.system import AUTOMATIC_PROPERTIES, System
from dfsrace.trace.build import build_report
from dfsrace.trace.causes import of_property
from dfsrace.trace.record import Trace
from dfsrace.trace.replay import Replayer, ReplayError, ReplayMismatch
from dfsrace.trace.report import About, Expectation, Report
from dfsrace.trace.schedule import ScheduleError, parse_schedule

if TYPE_CHECKING:
    from dfsrace.engine.native.checked import FoundViolation

__all__ = [
    "EnginesDisagree",
    "Model",
    "ReplayError",
    "ReplayMismatch",
    "ScheduleError",
    "check",
    "checker_source",
    "generated_source",
    "load",
    "replay",
    "replay_found",
]

_BOUNDS = ("states", "seconds", "switches")
# A model that has no file, in diagnostics; reports call it `text`, and replay lines take it from standard input.
_TEXT = "<text>"
# Fields of a System and its parts that are for people only, or follow from the rest.
_MEANINGLESS = {"title", "file", "span", "text", "stack", "marks", "procedure", "constants", "coverage", "sources"}


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model, and how it was asked for.

    `name`: short, for reports; `given`: the word that names it to `dfsrace`; `path`: its file as reports show it.
    `libraries` and `constants` are what it was loaded with besides.
    """

    name: str
    given: str
    path: str
    loaded: LoadedModel = field(repr=False)
    libraries: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)

    @property
    def system(self) -> System:
        """The transition system."""
        return self.loaded.system

    @property
    def declarations(self) -> Declarations:
        """What the model declares: title, expectation, bounds, sources."""
        return self.loaded.declarations


def load(
    model: str | Path | ModelSource,
    libraries: Sequence[str | Path] = (),
    constants: Mapping[str, object] | None = None,
    *,
    name: str = "",
    given: str = "",
) -> Model:
    """The model in a file, typed and lowered. ModelError with all diagnostics of the first phase that fails.

    A `str` with a line end in it is the model's text, whose relative includes start at the current folder; any other,
    and every Path, names a file. `libraries`: folders that are searched before the built-in library. `constants`:
    values that override the model's, as the model would write them. `name`, `given`: how reports and replay lines call
    it; else after its file.
    """
    if isinstance(model, str) and "\n" in model:
        model, name, given = ModelSource(_TEXT, None, model), name or "text", given or "-"
    source = model if isinstance(model, ModelSource) else ModelSource.of(model)
    settings = {key: str(value) for key, value in (constants or {}).items()}
    loaded = load_model(source, [Path(folder) for folder in libraries], settings)
    path = str(source.path) if source.path is not None else given or source.name
    return Model(name or Path(path).stem, given or path, path, loaded, tuple(map(str, libraries)), settings)


def check(
    model: str | Path | ModelSource | Model,
    libraries: Sequence[str | Path] = (),
    constants: Mapping[str, object] | None = None,
    *,
    options: Options | None = None,
) -> Report:
    """Explores a model's states and reports what is violated, each with its shortest counterexample, replayed.

    `model`: its file or its text, as `load` tells them apart, or what `load` gave. The model's own bounds hold where
    `options` has none; a bound of 0 states or seconds is an error of the caller's. ModelError where the model is wrong,
    also where only exploration shows it, or a checkpoint cannot be written or resumed. EnginesDisagree and
    ReplayMismatch are our bugs.

    Of a search that takes longer than a moment the model is compiled beside it, where there is a compiler, and it goes
    on in that code, on all cores: the report is the same but for `outcome.engine`, which says who answered, and
    `outcome.note`, why it could not be compiled. Options(engine="reference") keeps it in Python.
    """
    loaded = model if isinstance(model, Model) else load(model, libraries, constants)
    asked = options or Options()
    options = _of_machine(_in_force(loaded, asked))
    if options.checkpoint is not None:
        options = replace(options, checkpoint=replace(options.checkpoint, model=model_hash(loaded.system)))
    outcome = _explored(loaded.system, options)
    own = loaded.declarations.expect
    about = About(
        model=loaded.name,
        path=loaded.path,
        model_hash=model_hash(loaded.system),
        checked=options.properties,
        expectation=Expectation(own.verdict, _in_order(loaded.system, own.violated)) if own else None,
        narrowed=_is_narrowed(loaded, asked, outcome),
        replay=replay_words(loaded),
        libraries=loaded.libraries,
    )
    try:
        report = build_report(loaded.system, outcome, about)
    except PropertyError as error:
        raise _property_error(loaded.system, error) from error
    return replace(report, as_expected=_first_as_expected(report)) if asked.first else report


def replay(
    model: str | Path | ModelSource | Model,
    schedule: str,
    libraries: Sequence[str | Path] = (),
    constants: Mapping[str, object] | None = None,
    *,
    violated: str | None = None,
) -> Trace:
    """The trace of a schedule, whatever it leads to.

    Of several properties that its last state violates it explains `violated`, else one that its last step broke.

    ScheduleError where the text is no schedule, ReplayError where the model cannot follow it, saying what it could do
    instead; ModelError as `check`.
    """
    loaded = model if isinstance(model, Model) else load(model, libraries, constants)
    parsed = parse_schedule(schedule)
    try:
        replayer = Replayer(loaded.system)
        trace = replayer.follow(parsed)
        newest = trace.steps[-1].violates if trace.steps else ()
        wanted = next((name for name in (violated, *newest) if name and name in trace.violated), "")
        return trace if wanted in ("", *trace.violated[:1]) else replayer.trace(trace.schedule, wanted)
    except LoopsWithoutAccess as error:
        raise _loop_error(loaded.system, error.span) from error
    except PropertyError as error:
        raise _property_error(loaded.system, error) from error


def generated_source(model: Model) -> str:
    """The C of a model as the native engine compiles it, all reductions in. Unsupported where it cannot explore it."""
    from dfsrace.engine.native.generate import generate

    options = _in_force(model, Options())
    return generate(model.system, options.properties, options.reductions).source


def checker_source(model: Model, version: str, options: Options) -> str:
    """A checker of the model as one C file that builds alone; the options' reductions and bounds are compiled in.

    ModelError as `check`; Unsupported where the native engine cannot explore the model.
    """
    from dfsrace.engine.native.standalone import Identity, standalone

    system = model.system
    try:
        return standalone(system, _in_force(model, options), Identity(version, model_hash(system)))
    except LoopsWithoutAccess as error:
        raise _loop_error(system, error.span) from error
    except PropertyError as error:
        raise _property_error(system, error) from error


def replay_found(model: Model, found: FoundViolation) -> Trace:
    """The trace of a violation that a compiled checker found. ReplayMismatch where its schedule does not show it."""
    from dfsrace.engine.native.checked import CannotReplay, schedules

    replayer = Replayer(model.system)
    mismatch = ReplayMismatch(found.property, "", "its last thread cannot take the step")
    try:
        for schedule in schedules(model.system, found):
            try:
                return replayer.trace(schedule, found.property)
            except ReplayMismatch as error:
                mismatch = error
    except CannotReplay as error:
        mismatch = ReplayMismatch(found.property, "", str(error))
    raise mismatch


def model_hash(system: System) -> str:
    """A digest of all that decides the meaning: the same wherever its files lie and however they are formatted."""
    return sha256(_canonical(system, {}).encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(value: object, known: dict[int, str]) -> str:
    """A value as text, without places, titles and source text. `known`: texts by identity, for what threads share."""
    if value is None or isinstance(value, int | str):
        return repr(value)
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(_canonical(item, known) for item in value))}}}"
    if id(value) not in known:
        if isinstance(value, tuple):
            inner = [_canonical(item, known) for item in value]
        elif is_dataclass(value):
            names = [f.name for f in fields(value) if f.name not in _MEANINGLESS]
            inner = [type(value).__name__, *(_canonical(getattr(value, name), known) for name in names)]
        else:
            raise TypeError(f"a system holds no {type(value).__name__}")
        known[id(value)] = f"({','.join(inner)})"
    return known[id(value)]


def _in_force(model: Model, asked: Options) -> Options:
    """The options with the model's own bounds and `check` where nothing else was asked for."""
    bounds, system = model.declarations.bounds, model.system
    own = {name: getattr(bounds, name) for name in _BOUNDS if getattr(asked, name) is None}
    names = frozenset(p.name for p in system.properties)
    properties = asked.properties
    if properties is None:
        listed = model.declarations.check
        return replace(asked, properties=None if listed is None else frozenset(listed), **own)
    plain = {name: name.replace("-", " ") for name in properties}
    known = {name for name in properties if name in names or plain[name] in AUTOMATIC_PROPERTIES}
    if unknown := sorted(properties - known):
        raise ModelError([_unknown_property(name, system) for name in unknown])
    return replace(asked, properties=properties & names, **own)


def _of_machine(options: Options) -> Options:
    """The options with what the machine offers to whoever asked for nothing else: memory, a folder, cores."""
    return replace(
        options,
        memory=memory_limit() if options.memory is None else options.memory,
        objects=options.objects or objects_folder(),
        threads=options.threads or cores(),
    )


def _unknown_property(name: str, system: System) -> Diagnostic:
    names = [p.name for p in system.properties]
    message = f"the model has no property {quoted(name)}"
    return Diagnostic("DR334", NOWHERE, message, tuple(names), did_you_mean(name, [*names, *AUTOMATIC_PROPERTIES]))


def _explored(system: System, options: Options) -> Outcome:
    """What the engine that was asked for finds; errors that only exploration shows as diagnostics."""
    try:
        return explore_as_asked(system, options)
    except CannotBeNative as error:
        message = f"the native engine cannot explore this: {error}"
        unwanted = "--engine" if options.checkpoint is None else "--checkpoint"
        help = f"without {unwanted} the reference engine explores it"
        raise ModelError([Diagnostic("DR613", NOWHERE, message, (), help)]) from error
    except CheckpointError as error:
        raise ModelError([Diagnostic("DR614", NOWHERE, str(error))]) from error
    except LoopsWithoutAccess as error:
        raise _loop_error(system, error.span) from error
    except PropertyError as error:
        raise _property_error(system, error) from error


def _loop_error(system: System, span: Span) -> ModelError:
    help = "no other thread can run in between, so this never ends: let the loop look at state, or end it"
    return ModelError([Diagnostic("DR611", span, "the code loops without a shared access", (), help)], system.sources)


def _property_error(system: System, error: PropertyError) -> ModelError:
    found = of_property(system, error)
    message = f"evaluating {quoted(error.property.name)} meets the violation `{error.name}`{found and f': {found}'}"
    help = "a property has to have a value in every state: test for None and for ranges first"
    return ModelError([Diagnostic("DR612", error.span, message, (), help)], system.sources)


def _in_order(system: System, names: frozenset[str]) -> tuple[str, ...]:
    known = [*(p.name for p in system.properties), *AUTOMATIC_PROPERTIES]
    return tuple(name for name in known if name in names)


def _is_narrowed(model: Model, asked: Options, outcome: Outcome) -> bool:
    """Whether the model's expectation does not apply: an option restricted or changed what was checked.

    A bound that refused nothing, and replaced none of the model's own, changed nothing.
    """
    if asked.properties is not None or model.constants:
        return True
    if outcome.stopped_by is not None and outcome.stopped_by.kind == "interrupt":
        return True
    given = [name for name in _BOUNDS if getattr(asked, name) is not None]
    replaced = any(getattr(model.declarations.bounds, name) is not None for name in given)
    return replaced or bool(given and not outcome.complete and not asked.first)


def _first_as_expected(report: Report) -> bool | None:
    """With --first the expectation is met by a first violation that is in it, or by what a complete search says."""
    expected = report.about.expectation
    if report.as_expected is None or report.complete or not report.violations:
        return report.as_expected
    return expected is not None and set(report.violated) <= set(expected.violated)


def replay_words(model: Model) -> tuple[str, ...]:
    """What a `dfsrace replay` of this model starts with; a path that looks like an option gets a `./`."""
    given = f"./{model.given}" if model.given.startswith("-") and model.given != "-" else model.given
    settings = [word for name, value in model.constants.items() for word in ("--set", f"{name}={value}")]
    return (given, *settings, *(word for folder in model.libraries for word in ("--library", folder)))
