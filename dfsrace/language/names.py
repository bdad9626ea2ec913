# SPDX-License-Identifier: GPL-2.0-only
"""Names that a model may give, and the table that finds a name given twice."""

from __future__ import annotations

import keyword
import re

from dfsrace.diagnostics import Collector, Span
from dfsrace.diagnostics.text import quoted

LOCK_TYPES = ("spinlock", "mutex", "bit_lock", "semaphore", "rwlock", "rwsem", "seqlock", "seqcount")
TYPE_WORDS = ("bool", "int", "pool", "stamp", *LOCK_TYPES)

_PRIMITIVES = """
    spin_lock spin_trylock spin_unlock mutex_lock mutex_trylock mutex_unlock lock_page trylock_page unlock_page
    down down_trylock up read_lock read_trylock read_unlock write_lock write_trylock write_unlock
    down_read down_read_trylock down_write down_write_trylock up_read up_write downgrade_write
    read_seqbegin read_seqretry write_seqlock write_sequnlock
    read_seqcount_begin read_seqcount_retry write_seqcount_begin write_seqcount_end
    atomic_inc atomic_dec atomic_dec_and_test xchg cmpxchg renew alloc wait_event might_sleep cond_resched
    smp_mb smp_rmb smp_wmb smp_load_acquire smp_store_release READ_ONCE WRITE_ONCE
    min max len all any sum choose maybe finished atomic
"""
PRIMITIVES = frozenset(_PRIMITIVES.split())

# What a model may not call a type, a constant, a value, or a state variable. (`read` and `write` mean something in
# `with` alone.)
RESERVED = PRIMITIVES | frozenset(TYPE_WORDS) | frozenset(keyword.kwlist)

# What other languages call Python's values. `no` and `none` may be names.
YAML_WORDS = {"true": "True", "false": "False", "null": "None", "none": "None", "yes": "True", "no": "False"}
# The same in code, where C's words are at hand too.
FOREIGN_WORDS = {"true": "True", "false": "False", "null": "None", "TRUE": "True", "FALSE": "False", "NULL": "None"}
# What YAML 1.2, and with it every editor, takes for a value.
NEVER_NAMES = ("true", "True", "TRUE", "false", "False", "FALSE", "null", "Null", "NULL")

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
LONGEST_NAME = 100


def why_not_a_name(text: str, *, field: bool = False) -> str | None:
    """Why the text cannot be a name, as the end of a sentence; None where it can. A `field` may have a word of ours."""
    if not _IDENTIFIER.match(text):
        return "is not a name"
    if len(text) > LONGEST_NAME:
        return f"is longer than {LONGEST_NAME} characters"
    if keyword.iskeyword(text):
        return "is a word of Python"
    if text in NEVER_NAMES:
        return f"is no name, but how YAML writes {YAML_WORDS[text.lower()]}"
    if not field and text in RESERVED:
        return "is a word of the model language"
    return None


def check_name(text: str, span: Span, problems: Collector, *, field: bool = False) -> bool:
    """True for a name; else a diagnostic."""
    why = why_not_a_name(text, field=field)
    if why is None:
        return True
    help = "choose another name"
    if why == "is not a name":
        help = "a name has letters, digits and _, and begins with no digit"
    elif text in NEVER_NAMES and not keyword.iskeyword(text):
        help = f"choose another name; for the value write {YAML_WORDS[text.lower()]}"
    problems.add("DR301", span, f"{quoted(text)} {why}", help=help)
    return False


class NameTable:
    """One name space: what each name is, and where it was given."""

    def __init__(self, problems: Collector) -> None:
        self._problems = problems
        self._known: dict[str, tuple[str, Span]] = {}

    def define(self, name: str, kind: str, span: Span) -> bool:
        """Enters the name; False, with a diagnostic that shows the first place, where it is taken."""
        first = self._known.get(name)
        if first is None:
            self._known[name] = (kind, span)
            return True
        what, place = first
        message = f"{quoted(name)} is the name of {what} already"
        notes = [(place, "first here")]
        self._problems.add("DR302", span, message, help="rename one of them", notes=notes)
        return False

    def kind(self, name: str) -> str | None:
        """What a name is ("a type"), or None."""
        known = self._known.get(name)
        return known[0] if known else None
