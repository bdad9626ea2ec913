# SPDX-License-Identifier: GPL-2.0-only
"""Models none of whose files has changed: known without reading them as models at all.

The cache by meaning (`outcomes.py`) has to load a model before it can look it up, which for small models is most of the
work. This one stands before it: it answers only for the same bytes in the same files, found in the same way.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from dfsrace.gate.cache import Cache, digest
from dfsrace.gate.results import Result
from dfsrace.gate.settings import Settings
from dfsrace.language.files import BUILT_IN_LIBRARY, Unreadable, library_file, read_bounded
from dfsrace.operations import Model
from dfsrace.trace.report import Expectation

FORMAT = 1


def key_of_files(path: str, data: bytes, settings: Settings, tool: str) -> str:
    """The key of a model's file with this content, asked for in this way."""
    asked = [path, os.path.realpath(path), settings.name(path), *settings.libraries]
    return digest(["files", FORMAT, tool, asked, sorted(settings.reductions), sha256(data).hexdigest()])


def remember(cache: Cache, key: str, model: Model, result: Result) -> str:
    """Keeps a result that is as expected, with the files that it depends on. Why it could not, else the empty text.

    The model was loaded from the very bytes that its key was made of. An included file that has changed since it was
    read is another one, and so is one that a new file of the same name in a library has taken the place of: then
    nothing is kept.
    """
    expected = result.expected
    if result.status != "expected" or not result.found.get("complete") or expected is None:
        return ""
    texts = {source.name: source.text for source in model.declarations.sources}
    files = []
    for name, path in model.declarations.includes:
        try:
            data = read_bounded(Path(path))
        except Unreadable:
            return ""
        if data.decode("utf-8-sig", "replace").replace("\r\n", "\n") != texts[name]:
            return ""
        file = _file(path, data, model.libraries)
        if file[2] != path and _in_a_library(path, model.libraries):
            return ""
        files.append(file)
    value = {
        "files": files,
        "found": dict(result.found),
        "expected": [expected.verdict, list(expected.violated)],
    }
    return cache.put(key, value)


def recall(cache: Cache, key: str, path: str, settings: Settings) -> Result | None:
    """The result of a model whose included files are unchanged too; None where there is none."""
    value = cache.get(key)
    if value is None:
        return None
    try:
        for path_, *rest in value["files"]:
            if _file(path_, read_bounded(Path(path_)), settings.libraries) != [path_, *rest]:
                return None
        result = _result(path, value)
    except (Unreadable, KeyError, TypeError, ValueError):
        return None
    if settings.strict_coverage and result.verdict == "holds" and result.unreached:
        return None
    cache.used(key)
    return result


def _result(path: str, value: Mapping[str, Any]) -> Result:
    verdict, violated = value["expected"]
    return Result(path, "expected", value["found"], Expectation(verdict, tuple(violated)), cached=True)


def _file(path: str, data: bytes, libraries: Sequence[str]) -> list[str]:
    """A file, its content, and where the libraries have one of its name: a new one there may take its place."""
    return [path, sha256(data).hexdigest(), str(library_file(Path(path).stem, _folders(libraries)) or "")]


def _in_a_library(path: str, libraries: Sequence[str]) -> bool:
    """Whether a file may have been found by its bare name: it lies in a library, or in a folder right below one."""
    return any(folder in Path(path).parents[:2] for folder in _folders(libraries))


def _folders(libraries: Sequence[str]) -> tuple[Path, ...]:
    return (*(Path(folder) for folder in libraries), BUILT_IN_LIBRARY)
