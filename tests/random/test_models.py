# SPDX-License-Identifier: GPL-2.0-only
"""Random models, as text through the real language: the engine against two oracles that share no code with it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.outcome import Outcome, Violation
from dfsrace.engine.reference import LoopsWithoutAccess, explore
from dfsrace.engine.reference.stepping import Stepper
from dfsrace.language import ModelSource, load_model
from dfsrace.system import AUTOMATIC_PROPERTIES, System
from dfsrace.system.expressions import Checked, Expr, Finished, children, walk
from dfsrace.system.program import (
    Alloc,
    Assert,
    Atomic,
    Choose,
    LockOperation,
    Node,
    Renew,
    Sleep,
    Wait,
    expressions_of,
)
from dfsrace.system.types import LockType, OptionalType, RangeType
from dfsrace.system.validate import problems
from tests.naive import naive
from tests.oracle import text as oracle
from tests.random.code import SIDES, SPINNING
from tests.random.models import models
from tests.random.shortest import best_ways
