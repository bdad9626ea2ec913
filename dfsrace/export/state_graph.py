# SPDX-License-Identifier: GPL-2.0-only
"""GraphML: the trace as a graph of the states along it, for networkx, Gephi, yEd."""

from __future__ import annotations

from dfsrace.export.spin.names import NotExpressible
from dfsrace.export.states import MOST_VALUES
from dfsrace.operations import Model
from dfsrace.system.cells import cells_of
from dfsrace.trace.graph_files import graphml_text
from dfsrace.trace.graphs import trace_graph
from dfsrace.trace.pictures import pictures
from dfsrace.trace.record import Trace


def graphml(model: Model, trace: Trace) -> str:
    """The graph that `dfsrace.trace.graphs.trace_graph` describes, as GraphML.

    `networkx.read_graphml(file, node_type=int)` gives an equal graph back. NotExpressible for more than 5 million
    values.
    """
    cells = len(cells_of(model.system))
    if (len(trace.steps) + 1) * cells > MOST_VALUES:
        raise NotExpressible(
            f"{len(trace.steps):,} steps with {cells:,} cells each are more than {MOST_VALUES:,} values"
        )
    return graphml_text(trace_graph(trace, pictures(model.system, trace)))
