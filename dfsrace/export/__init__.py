# SPDX-License-Identifier: GPL-2.0-only
"""Models in other tools' languages and traces in other tools' formats (floor 9): text, one public function a format."""

from __future__ import annotations

from collections.abc import Callable

from dfsrace.export.apalache import itf
from dfsrace.export.c_source import checker
from dfsrace.export.own_json import trace_json
from dfsrace.export.spin import NotExpressible, promela
from dfsrace.export.spreadsheet import csv_steps
from dfsrace.export.state_graph import graphml
from dfsrace.export.tlaplus import tla
from dfsrace.export.trace_events import perfetto
from dfsrace.export.written import Asked, Written
from dfsrace.operations import Model
from dfsrace.trace.record import Trace

# What is written of a model, and of one of its traces.
MODEL_FORMATS: dict[str, Callable[[Asked], Written]] = {
    "promela": lambda asked: Written(promela(asked.model.system)),
    "tla": lambda asked: tla(asked.model.system, asked.name).written(),
    "c": lambda asked: Written(checker(asked.model, asked.version)),
}
TRACE_FORMATS: dict[str, Callable[[Model, Trace], str]] = {
    "itf": itf,
    "json": trace_json,
    "csv": csv_steps,
    "perfetto": perfetto,
    "graphml": graphml,
}
FORMATS = (*MODEL_FORMATS, *TRACE_FORMATS)

__all__ = [
    "FORMATS",
    "MODEL_FORMATS",
    "TRACE_FORMATS",
    "Asked",
    "NotExpressible",
    "Written",
    "checker",
    "csv_steps",
    "graphml",
    "itf",
    "perfetto",
    "promela",
    "tla",
    "trace_json",
]
