# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace replay MODEL --result FILE`: the lanes of what a compiled checker, or `check`, has found."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

import dfsrace
from dfsrace.cli import exits, streams
from dfsrace.diagnostics.text import quoted

if TYPE_CHECKING:
    from dfsrace.engine.native.checked import Checked, FoundViolation
    from dfsrace.operations import Model
    from dfsrace.trace.record import Trace

LARGEST = 256 << 20


def replay_checked(path: str, model: Model, wanted: str | None, draw: Callable[[Model, Trace], None]) -> int:
    """Replays every violation in a file, or those of one property, and draws each. The exit code.

    Usage errors where the file is no result, or the result of another model. A schedule that the very model does not
    have is an error of ours.
    """
    checked = _read(path, model)
    _refuse_another(path, checked, model)
    known = [v for v in checked.violations if wanted in (None, v.property, v.property.replace(" ", "-"))]
    codes: list[int] = []
    for violation in known:
        if codes:
            streams.write("\n")
        codes.append(_violation(violation, model, checked, draw))
    if not known:
        streams.write(f"{checked.verdict}: no counterexample to replay\n")
    return exits.first_of(codes)


def _violation(found: FoundViolation, model: Model, checked: Checked, draw: Callable[[Model, Trace], None]) -> int:
    from dfsrace.operations import ReplayMismatch, replay_found

    if not found.property:
        raise click.ClickException("the result names a property that the model does not have")
    if found.initial is None:
        streams.write(f"{model.name}: {found.property} is never true; there is no schedule to replay\n")
        return exits.of_violations([found.property])
    try:
        draw(model, replay_found(model, found))
    except ReplayMismatch as error:
        if checked.version != dfsrace.__version__:
            line = f"{found.property} was found by dfsrace {checked.version}, and cannot be replayed: {error.reason}"
            raise click.ClickException(line) from error
        streams.complain(
            f"dfsrace: a bug of dfsrace, or the file was changed: the schedule of {found.property} cannot be replayed:"
            f" {error.reason}; please report it"
        )
        return exits.OUR_BUG
    return exits.of_violations([found.property])


def _read(path: str, model: Model) -> Checked:
    from dfsrace.engine.native.checked import NotChecked, read_checked

    try:
        return read_checked(_text(path), [p.name for p in model.system.properties])
    except NotChecked as error:
        raise click.ClickException(f"{quoted(path, 300)} is no result of a compiled checker: {error}") from error


def _text(path: str) -> str:
    if path == "-":
        data = sys.stdin.buffer.read(LARGEST + 1) if sys.stdin is not None else b""
    else:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1) if os.path.getsize(path) <= LARGEST else b"\0" * (LARGEST + 1)
    if len(data) > LARGEST:
        raise click.ClickException(f"{quoted(path, 300)} is too large for a result")
    return data.decode("utf-8", "replace")


def _refuse_another(path: str, checked: Checked, model: Model) -> None:
    from dfsrace.operations import model_hash

    if checked.model_hash == model_hash(model.system):
        return
    if checked.version != dfsrace.__version__:
        message = f"was found by dfsrace {checked.version}, and the model or dfsrace has changed since"
    else:
        message = "was found in another model, or the model has changed since; give the --set that it was compiled with"
    raise click.ClickException(f"{quoted(path, 300)} {message}")
