# SPDX-License-Identifier: GPL-2.0-only
"""Reading back what `dfsrace check -o FILE.json` has written, to be replayed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import dfsrace
from dfsrace.diagnostics import ModelError
from dfsrace.diagnostics.text import quoted

if TYPE_CHECKING:
    from dfsrace.operations import Model

# More than any report has; the file is a person's to give.
LARGEST = 256 << 20
# How a trace of `export --to json` is known, and where.
TRACE, LONGEST_HEAD = '"dfsrace-trace"', 200


def read_results(path: str) -> list[dict[str, Any]]:
    """The reports in a file, one object a line; usage errors where it holds something else. Errors are left out."""
    shown = quoted(path, 300)
    if os.path.getsize(path) > LARGEST:
        raise click.ClickException(f"{shown} is too large for a file of results")
    results = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            result = json.loads(line)
        except (ValueError, RecursionError):
            raise click.ClickException(f"{shown} is no file of results: line {number} is no JSON object") from None
        if isinstance(result, dict) and result.get("verdict") == "error":
            continue
        if not _is_report(result):
            raise click.ClickException(f"{shown} is no file of results: line {number} is no report of `check`")
        results.append(result)
    if not results:
        raise click.ClickException(f"{shown} holds no report of a model that was checked")
    return results


def read_trace(path: str) -> dict[str, Any] | None:
    """The trace that `export --to json` has written to a file, as a report with this one violation.

    Its property is None where it violates nothing. None for a file that holds no such trace; a usage error for a broken
    one, or one of another version.
    """
    if os.path.getsize(path) > LARGEST:
        return None
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    if TRACE not in text[:LONGEST_HEAD]:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise click.ClickException(f"{quoted(path, 300)} is no trace: it is no JSON object") from None
    if not isinstance(found, dict) or found.get("format") != "dfsrace-trace":
        return None
    if found.get("version") != 1:
        raise click.ClickException(f"{quoted(path, 300)} is a trace of another version of the format than 1")
    of, about = found.get("model"), found.get("property")
    name = about.get("name") if isinstance(about, dict) else about
    model = of if isinstance(of, dict) else {}
    report = {
        **{"schema": 1, "version": dfsrace.__version__, "model": model.get("name"), "file": model.get("file")},
        **{"model_hash": model.get("hash"), "constants": model.get("constants"), "libraries": model.get("libraries")},
        "violations": [{"property": name or "", "schedule": found.get("schedule")}],
    }
    if not _is_report(report) or not isinstance(report["libraries"], list):
        raise click.ClickException(f"{quoted(path, 300)} is no trace as `dfsrace export` writes it")
    return {**report, "violations": [{"property": name, "schedule": found["schedule"]}]}


def _is_report(result: object) -> bool:
    """Whether a value has what a replay needs, each of its type."""
    if not isinstance(result, dict) or result.get("schema") != 1:
        return False
    texts = all(isinstance(result.get(key), str) for key in ("model", "file", "model_hash", "version"))
    constants, violations = result.get("constants"), result.get("violations")
    if not texts or not isinstance(constants, dict) or not isinstance(violations, list):
        return False
    if not all(isinstance(value, str) for value in constants.values()):
        return False
    return all(
        isinstance(v, dict) and isinstance(v.get("property"), str) and isinstance(v.get("schedule"), str | None)
        for v in violations
    )


def load_result(path: str, result: Mapping[str, Any], libraries: Sequence[str], constants: Mapping[str, str]) -> Model:
    """The model of a report, with the constants that it was checked with; `libraries`, `constants` come on top.

    Its file is looked for from the current folder, then from the folder of the results, then among the shipped models.
    """
    from dfsrace.cli.naming import load_named

    libraries = [*libraries, *(word for word in result.get("libraries", ()) if isinstance(word, str))]
    word = _word(path, result)
    model = load_named(word, libraries, constants)
    own = dict(model.system.constants)
    used = {name: text for name, text in {**result["constants"], **constants}.items() if name in own}
    # All of them then: a constant may follow from another that differs.
    return load_named(word, libraries, used) if used != own else model


def _word(path: str, result: Mapping[str, Any]) -> str:
    """The word that names a report's model here and now."""
    file: str = result["file"]
    if file == "-":
        help = "pipe the model into `dfsrace replay - --schedule '...'`"
        raise click.ClickException(f"the model came from standard input and is not in {quoted(path, 300)}; {help}")
    for candidate in (file, os.path.join(os.path.dirname(path), file)):
        if os.path.isfile(candidate):
            return f"./{candidate}" if candidate.startswith("-") else candidate
    from dfsrace.cli.naming import find

    try:
        find(result["model"])
    except ModelError:
        return file
    return str(result["model"])


def changed(result: Mapping[str, Any], model: Model) -> str:
    """Why a counterexample may no longer fit, as a sentence; empty where the model is the very same."""
    from dfsrace.operations import model_hash

    if result["model_hash"] == model_hash(model.system):
        return ""
    name = quoted(model.name)
    if result["version"] != dfsrace.__version__:
        return f"{name} was checked by dfsrace {result['version']}, and it or dfsrace has changed since"
    return f"the model {name} has changed since it was checked; its counterexamples may no longer be followed"
