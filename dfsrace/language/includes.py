# SPDX-License-Identifier: GPL-2.0-only
"""A model's file and all that it includes, each once, in the order in which they count: includes first.

m.yaml  include: [vm, hook]   ──▶   vm.yaml, hook.yaml, m.yaml
"""

from __future__ import annotations

import os
from collections.abc import Sequence as Many
from pathlib import Path

from dfsrace.diagnostics import Collector, SourceFile, Span
from dfsrace.diagnostics.suggest import did_you_mean
from dfsrace.diagnostics.text import quoted
from dfsrace.diagnostics.values import dataclass
from dfsrace.language import files, limits
from dfsrace.language.files import BUILT_IN_LIBRARY, ModelSource, Unreadable
from dfsrace.language.yaml_document import Mapping, Node, Scalar, Sequence, read_yaml


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A file of the model. `main` is True for the one that was asked for."""

    source: SourceFile
    root: Mapping
    main: bool


@dataclass(frozen=True, slots=True)
class Loaded:
    """`files` in include order, the main file last; `sources` in the order in which they were opened."""

    files: tuple[LoadedFile, ...]
    sources: tuple[SourceFile, ...]


def load(source: ModelSource, libraries: Many[Path]) -> Loaded:
    """Reads the model and its includes. ModelError with every unreadable, broken, missing or cyclic file."""
    loader = _Loader(libraries)
    loader.load_main(source)
    loader.problems.finish()
    return Loaded(tuple(loader.order), tuple(loader.sources))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An include entry resolved: where the file is, how it is shown, and the place that asks for it."""

    path: Path
    name: str
    span: Span


class _Loader:
    def __init__(self, libraries: Many[Path]) -> None:
        self.libraries = (*libraries, BUILT_IN_LIBRARY)
        self.sources: list[SourceFile] = []
        self.problems = Collector(self.sources)
        self.order: list[LoadedFile] = []
        self._state: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._chain: list[tuple[str, str]] = []
        self._bytes = 0

    # ---- the main file

    def load_main(self, source: ModelSource) -> None:
        name = files.display(source.name)
        start = Span(name, 1, 1, 1, 1)
        if source.text is None:
            assert source.path is not None
            try:
                data = files.read_bounded(source.path)
            except Unreadable as error:
                help = "name a model's file, or - for standard input"
                self.problems.add("DR101", start, f"cannot read {quoted(source.name, 300)}: {error}", help=help)
                return
        else:
            text = source.text
            data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        key = files.identity(source.path) if source.path is not None else name
        self._names[name] = key
        shown = Path(source.name).parent if source.path is not None else Path()
        self._take(key, name, source.path, data, (source.folder(), shown))

    # ---- any file

    def _take(self, key: str, name: str, path: Path | None, data: bytes, base: tuple[Path, Path]) -> None:
        """Parses a file's bytes and loads its includes before it. `base`: its folder, and how that is shown."""
        main = not self._chain
        text = limits.decode(name, data, self.problems)
        source = SourceFile(name, text or "", None if path is None else str(path))
        self.sources.append(source)
        if text is None or not limits.acceptable(source, self.problems):
            return
        root = read_yaml(source, self.problems)
        if root is None:
            return
        self._state[key] = "open"
        self._chain.append((key, name))
        for entry in _include_entries(root, self.problems):
            self._include(entry, base)
        self._chain.pop()
        self._state[key] = "done"
        self.order.append(LoadedFile(source, root, main))

    def _include(self, entry: Scalar, base: tuple[Path, Path]) -> None:
        wanted = self._find(entry, base)
        if wanted is None:
            return
        key = files.identity(wanted.path)
        state = self._state.get(key)
        if state == "open":
            begin = next(i for i, (other, _) in enumerate(self._chain) if other == key)
            circle = " → ".join([*(name for _, name in self._chain[begin:]), self._chain[begin][1]])
            message = f"include of {quoted(entry.text)} goes in a circle: {circle}"
            self.problems.add("DR211", entry.span, message, help="move what both need into a file of its own")
        if state is not None:
            return
        self._state[key] = "failed"
        data = self._read(wanted)
        if data is not None:
            name = self._unique(wanted.name, key)
            self._take(key, name, wanted.path, data, (wanted.path.parent, Path(name).parent))

    def _read(self, wanted: _Wanted) -> bytes | None:
        if len(self._state) > limits.MOST_FILES + 1:
            message = f"more than {limits.MOST_FILES} files are included"
            self.problems.add("DR120", wanted.span, message, help="put pieces that belong together into one file")
            self.problems.finish()
        try:
            data = files.read_bounded(wanted.path)
        except Unreadable as error:
            message = f"cannot include {quoted(wanted.name, 300)}: {error}"
            self.problems.add("DR101", wanted.span, message, help="include names a readable YAML file")
            return None
        self._bytes += len(data)
        if self._bytes > limits.LARGEST_TOGETHER:
            message = "the included files are larger than 4 MiB together"
            self.problems.add("DR120", wanted.span, message, help="include less")
            self.problems.finish()
        return data

    def _unique(self, name: str, key: str) -> str:
        """The shown name; where another file has it, more of the path in front."""
        parents = list(Path(key).parents)
        known = 0
        while self._names.get(name, key) != key and known < len(parents):
            name = files.display(str(Path(key).relative_to(parents[known])))
            known += 1
        self._names[name] = key
        return name

    # ---- where an include is

    def _find(self, entry: Scalar, base: tuple[Path, Path]) -> _Wanted | None:
        text = entry.text
        if text.endswith((".yaml", ".yml")):
            path = base[0] / text
            shown = files.display(os.path.normpath(base[1] / text))
            if path.exists():
                return _Wanted(path, shown, entry.span)
            near = files.neighbours(path)
            message = f"there is no file {quoted(text)} beside the including file"
            help = did_you_mean(Path(text).name, near) or f"a bare name looks in the library: {Path(text).stem}"
            self.problems.add("DR210", entry.span, message, allowed=near, help=help)
            return None
        if "/" in text or "\\" in text or not text.strip():
            help = (
                f"a library piece has no folder in its name: {text.rstrip('/').rsplit('/', 1)[-1]}"
                if "/" in text
                else ""
            )
            message = f"{quoted(text)} is neither a library name nor a path"
            self.problems.add("DR212", entry.span, message, allowed=["NAME", "PATH.yaml"], help=help)
            return None
        found = files.library_file(text, self.libraries)
        if found is not None:
            return _Wanted(found, files.display(found.name), entry.span)
        names = files.library_names(self.libraries)
        help = did_you_mean(text, names) or "add its folder with --library DIR; a file beside this one ends in .yaml"
        message = f"the library has no piece {quoted(text)}"
        self.problems.add("DR210", entry.span, message, allowed=names, help=help)
        return None


def _include_entries(root: Mapping, problems: Collector) -> list[Scalar]:
    """The names in the file's `include`; other shapes are errors."""
    node = root.get("include")
    if node is None:
        return []
    items: tuple[Node, ...] = node.items if isinstance(node, Sequence) else (node,)
    names: list[Scalar] = []
    for item in items:
        if isinstance(item, Scalar) and item.text:
            names.append(item)
        else:
            message = "include wants a list of names" if isinstance(item, Scalar) else "an include is one name"
            problems.add("DR212", item.span, message, allowed=["NAME", "PATH.yaml"], help="write include: [vm]")
    return names
