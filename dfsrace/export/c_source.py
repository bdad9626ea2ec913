# SPDX-License-Identifier: GPL-2.0-only
"""C: a checker of the model that builds alone, as `dfsrace compile` writes it."""

from __future__ import annotations

from dfsrace.engine.native.values import Unsupported
from dfsrace.engine.options import Options
from dfsrace.export.spin.names import NotExpressible
from dfsrace.operations import Model, checker_source


def checker(model: Model, version: str) -> str:
    """The source of a checker with all reductions. NotExpressible where the native engine cannot explore the model."""
    try:
        return checker_source(model, version, Options())
    except Unsupported as error:
        raise NotExpressible(str(error)) from error
