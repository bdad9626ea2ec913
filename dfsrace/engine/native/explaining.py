# SPDX-License-Identifier: GPL-2.0-only
"""What kept a property from having a value: compiled code says which property and that it failed, the interpreter why.

Of several states in which it fails the reference engine names the one that it meets first, and it meets them in another
order. So a search that was short is made again by that engine; of a long one a state is taken that was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ctypes import byref, c_uint64
from dataclasses import replace

from dfsrace.engine.native.library import NativeSearch
from dfsrace.engine.options import Options
from dfsrace.engine.reference import EnginesDisagree, explore
from dfsrace.engine.reference.canonical import Canonical
from dfsrace.engine.reference.compiled import Compiled
from dfsrace.engine.reference.goals import Judge
from dfsrace.engine.reference.stepping import PropertyError
from dfsrace.system import System
from dfsrace.system.interpreter import LoopsWithoutAccess

# States that the reference engine visits in a second or two.
SHORT = 100_000
# States that are looked at together.
PIECE = 1 << 15


def explained(
    error: PropertyError, system: System, options: Options, native: NativeSearch, seeds: Iterable[int]
) -> Exception:
    """The error that the reference engine raises, where a search has just ended with `error`, which has no cause yet.

    `seeds`: the initial states, not renamed.
    After more than SHORT states, and when interrupted, it is an error of the same property, met at the same depth.
    Raises EnginesDisagree where the reference engine visits everything and meets none.
    """
    if native.statistics().states <= SHORT:
        try:
            outcome = explore(system, replace(options, states=None, seconds=None, progress=None))
        except (PropertyError, LoopsWithoutAccess) as found:
            return found
        if outcome.complete:
            raise EnginesDisagree(f"the native engine alone says that {error.property.name} has no value in some state")
    return _of_what_was_found(error, system, options, native, seeds)


def _of_what_was_found(
    error: PropertyError, system: System, options: Options, native: NativeSearch, seeds: Iterable[int]
) -> PropertyError:
    """The same of a state among those found last, or else of what a step from one leads to.

    A search under a bound on switches does not keep the states of the level under way. `error` itself if interrupted.
    """
    compiled, depth = Compiled(system), native.statistics().depth
    in_force = Judge(compiled, options.properties).properties
    canonical = Canonical(compiled.references, options.reductions, in_force)
    judge = Judge(compiled, frozenset({error.property.name}))
    try:
        for states in newest(native, depth):
            judge.states(states, depth)
        for level in (depth, depth - 1):
            for states in newest(native, level):
                if options.interrupted():
                    return error
                following = list[int]()
                compiled.expand(states, following.append, _ignore)
                judge.steps(compiled.bad, level + 1)
                compiled.bad.clear()
                judge.states(canonical.all(set(following)), level + 1)
        judge.states(canonical.all(set(seeds)), 0)
    except PropertyError as found:
        return found
    except LoopsWithoutAccess:
        return error
    return error


def newest(native: NativeSearch, depth: int) -> Iterator[list[int]]:
    """The states of a level as far as they are kept, in pieces, the last ones first."""
    count, size = c_uint64(), native.words
    words = native.runtime.search_level(native.handle, max(depth, 0), byref(count))
    for end in range(count.value if depth >= 0 else 0, 0, -PIECE):
        flat = words[max(0, end - PIECE) * size : end * size]
        yield [sum(flat[at + w] << 64 * w for w in range(size)) for at in range(0, len(flat), size)]


def _ignore(state: int) -> None:
    """A state without successors: it says nothing here."""
