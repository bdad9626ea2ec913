# SPDX-License-Identifier: GPL-2.0-only
"""Fields of ranges: the base's type says which is meant, by name where bounds are equal."""

from __future__ import annotations

from dfsrace.language.typed import AssignStatement, StateUse
from tests.language.code_models import diagnostics, typed

TEXT = """\
model: fields of ranges
types: {{Index: 0..3, Size: 0..3, Slot: 0..7}}
state:
  Index.mark: bool
  Size.mark: bool
  Slot.used: bool
  flag: bool
procedures: |
  def f(i: Index, s: Size):
      flag = {}
threads: {{t: pass}}
"""


def field_of(expression: str) -> str:
    """The variable that a field's use names."""
    model = typed(TEXT.format(expression))
    (statement,) = model.procedures["f"].body
    assert isinstance(statement, AssignStatement) and isinstance(statement.value, StateUse)
    return model.declarations.variables[statement.value.variable].name


def test_the_declared_type_of_the_base_decides() -> None:
    assert field_of("i.mark") == "Index.mark"
    assert field_of("s.mark") == "Size.mark"


def test_an_integer_finds_the_only_field_of_that_name() -> None:
    assert field_of("(i + 1).used") == "Slot.used"


def test_an_integer_without_a_name_may_be_ambiguous() -> None:
    (diagnostic,) = diagnostics(TEXT.format("(i + 1).mark"))
    assert diagnostic.code == "DR502" and "Index.mark, Size.mark" in diagnostic.message
