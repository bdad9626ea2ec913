# SPDX-License-Identifier: GPL-2.0-only
"""The list of mutants that may survive, each with a person's reason, and which shipped models it is about."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from dfsrace.language.files import BUILT_IN_LIBRARY, Unreadable, read_bounded
from dfsrace.shipped import models_folder
from dfsrace.study.mutate import Row

LIST = "mutants.toml"
# A suite's name -> a mutant's name -> the reason.
Reasons = Mapping[str, Mapping[str, str]]

# What counts as a source: a message, a commit, a file of the kernel, a page of its documentation or a paper's year.
_SOURCE = re.compile(
    r"<[^<>@\s]+@[^<>\s]+>|\bcommit [0-9a-f]{7,40}\b|\b[\w./-]+/[\w.-]+\.(?:[chS]|rst|txt)\b|https?://\S+|\b(?:19|20)\d\d\b"
)
# The kernel of 2.6.0 has its fix in the VM itself, not in a protocol of its own.
_BUILT_IN = "vm-2.6"


class WrongList(Exception):
    """A file that is no list of survivors; the message says why, without the file's name."""


def read_reasons(path: Path) -> Reasons:
    """The reasons in a TOML file: a table for each suite. WrongList for what is none, or names no source."""
    try:
        found = tomllib.loads(read_bounded(path).decode("utf-8"))
    except Unreadable as error:
        raise WrongList(str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongList(f"it is no TOML: {error}") from error
    for suite, table in found.items():
        if not isinstance(table, dict):
            raise WrongList(f'{suite!r} is no table; write ["SUITE"], then "MUTANT" = "REASON"')
        for mutant, reason in table.items():
            _check_reason(f"{suite}, {mutant}", reason)
    return found


def _check_reason(where: str, reason: object) -> None:
    if not isinstance(reason, str) or len(reason.split()) < 4:
        raise WrongList(f"the reason of {where} is no sentence")
    if not _SOURCE.search(reason):
        raise WrongList(f"the reason of {where} names no source: a message's <id>, a commit, or a kernel file")


def shipped_list() -> Path:
    """The list that comes with the shipped models."""
    return models_folder() / LIST


def explained(rows: Iterable[Row], reasons: Reasons) -> tuple[Row, ...]:
    """The rows with the reasons of those that survive."""
    return tuple(
        replace(row, reason=reasons.get(row.suite, {}).get(row.mutant, "") if row.result == "survived" else "")
        for row in rows
    )


def stale(rows: Iterable[Row], reasons: Reasons) -> tuple[str, ...]:
    """What of the list is no longer so, a sentence each: reasons for mutants that do not survive, or are none."""
    results = {(row.suite, row.mutant): row.result for row in rows}
    suites = {suite for suite, _ in results}
    found = []
    for suite, table in reasons.items():
        if suite not in suites:
            found.append(f"{suite}: no such suite was asked")
            continue
        for mutant in table:
            result = results.get((suite, mutant))
            if result is None:
                found.append(f"{suite}: there is no mutant {mutant}")
            elif result not in ("survived", "not tried"):
                found.append(f"{suite}: {mutant} is listed as a survivor, but it is {_WORDS.get(result, result)}")
    return tuple(found)


_WORDS = {"no model": "no model any more"}


def shipped_protocols() -> tuple[Path, ...]:
    """The shipped models that hold with a protocol of the library as it is: none of their code is their own.

    A model that overrides a procedure is a variant of a protocol, that is, a mutant that somebody has described.
    """
    folder = models_folder()
    manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    protocols = {path.stem for path in (BUILT_IN_LIBRARY / "protocols").glob("*.yaml")} | {_BUILT_IN}
    found = []
    for name, entry in sorted(manifest.items()):
        path = folder / f"{name}.yaml"
        if entry.get("verdict") == "holds" and _is_plain(path, protocols):
            found.append(path)
    return tuple(found)


def _is_plain(path: Path, protocols: set[str]) -> bool:
    """Whether a model includes one of the protocols and has no procedures; shipped models write both plainly."""
    text = path.read_text(encoding="utf-8")
    included = re.search(r"^include: \[([^\]]*)\]", text, re.MULTILINE)
    names = {name.strip() for name in included[1].split(",")} if included else set()
    return bool(names & protocols) and not re.search(r"^procedures:", text, re.MULTILINE)
