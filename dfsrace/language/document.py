# SPDX-License-Identifier: GPL-2.0-only
"""A model's YAML → Declarations: files and includes first, then all sections of all files.

    m.yaml, vm.yaml  ──load──▶  trees with places  ──here──▶  Declarations (code still text)

Each of the two phases collects all of its diagnostics before it gives up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dfsrace.diagnostics import Collector
from dfsrace.language import yaml_document
from dfsrace.language.bounds_section import read_bounds
from dfsrace.language.constants import Constants, set_source
from dfsrace.language.declarations import Code, Declarations
from dfsrace.language.files import ModelSource
from dfsrace.language.includes import Loaded, LoadedFile, load
from dfsrace.language.names import NameTable
from dfsrace.language.property_declarations import Properties
from dfsrace.language.sections import (
    check_sections,
    code_of,
    is_absent,
    mapping_section,
    scalars_of,
    section_entry,
    text_of,
)
from dfsrace.language.state_declarations import State, check_size
from dfsrace.language.thread_declarations import Threads
from dfsrace.language.type_declarations import Types
from dfsrace.system.types import Type, Value

__all__ = ["ModelSource", "read_model"]


def read_model(source: ModelSource, libraries: Sequence[Path], constants: Mapping[str, str]) -> Declarations:
    """The declarations of a model and its includes, without errors but those of its code.

    `libraries` are looked through before the built-in one; `constants` are the values of --set, as text. ModelError
    with all diagnostics of the first phase that fails: reading files, or understanding sections.
    """
    loaded = load(source, libraries)
    return _Reader(loaded, constants).read()


class _Reader:
    def __init__(self, loaded: Loaded, settings: Mapping[str, str]) -> None:
        self.files = loaded.files
        self.main: LoadedFile = loaded.files[-1]
        self.settings = settings
        self.loaded_sources = loaded.sources
        self.problems = Collector((*loaded.sources, set_source(settings)) if settings else loaded.sources)
        self.names = NameTable(self.problems)
        self.constants = Constants(self.problems)
        self.types = Types(self.constants, self.names, self.problems)
        self.state = State(self.constants, self.types, self.names, self.problems)
        self.threads = Threads(self.constants, self.problems)
        self.properties = Properties(self.problems)

    def read(self) -> Declarations:
        for file in self.files:
            check_sections(file, self.problems)
        types, constants = self._names_and_values()
        for file in self.files:
            self.state.declare(mapping_section(file, "state", self.problems))
        entry = section_entry(self.main, "threads")
        # Another shape than a mapping is reported as such, and once.
        given = entry is not None and (isinstance(entry.value, yaml_document.Mapping) or is_absent(entry.value))
        threads = self.threads.read(mapping_section(self.main, "threads", self.problems), given)
        check_size(self.state.variables, self.threads.count, self.problems)
        for file in self.files:
            self.properties.declare(mapping_section(file, "invariants", self.problems), reach=False)
        self.properties.declare(mapping_section(self.main, "reach", self.problems), reach=True)
        self.properties.check_at_end(threads)
        check = self.properties.read_check(self.main)
        declarations = Declarations(
            title=self._text(self.main, "model"),
            about=self._text(self.main, "about"),
            origins=self._origins(),
            file=self.main.source.name,
            constants=constants,
            members=self.constants.members,
            types=types,
            variables=tuple(self.state.variables),
            setup=self._code("setup"),
            procedures=self._code("procedures"),
            threads=tuple(threads),
            properties=tuple(self.properties.properties),
            check=check,
            expect=self.properties.read_expect(self.main, check),
            bounds=read_bounds(mapping_section(self.main, "bounds", self.problems), self.problems),
            sources=self.loaded_sources,
            includes=tuple((f.source.name, f.source.path or "") for f in self.files[:-1]),
        )
        self._check_texts()
        self.problems.finish()
        return declarations

    def _names_and_values(self) -> tuple[dict[str, Type], dict[str, tuple[Type, Value]]]:
        for file in self.files:
            self.constants.declare(mapping_section(file, "constants", self.problems), self.names)
        self.constants.override(self.settings)
        for file in self.files:
            self.types.declare(mapping_section(file, "types", self.problems))
        types = self.types.resolve_all()
        return types, self.constants.all_values()

    def _text(self, file: LoadedFile, name: str) -> str:
        entry = section_entry(file, name)
        if entry is None:
            return ""
        text = text_of(entry, self.problems)
        if name == "model" and is_absent(entry.value):
            self.problems.add("DR207", entry.key.span, "the model has no title", help="write model: A title")
        return " ".join(text.split()) if name == "model" else text

    def _check_texts(self) -> None:
        """The shape of what included files say for people."""
        for file in self.files[:-1]:
            for name in ("model", "about"):
                self._text(file, name)
            entry = section_entry(file, "sources")
            if entry is not None:
                scalars_of(entry, self.problems)

    def _origins(self) -> tuple[str, ...]:
        entry = section_entry(self.main, "sources")
        return tuple(item.text.strip() for item in scalars_of(entry, self.problems)) if entry else ()

    def _code(self, name: str) -> tuple[Code, ...]:
        entries = [entry for file in self.files if (entry := section_entry(file, name)) is not None]
        codes = [code_of(entry, self.problems) for entry in entries if not is_absent(entry.value)]
        return tuple(code for code in codes if code is not None)
