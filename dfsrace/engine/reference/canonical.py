# SPDX-License-Identifier: GPL-2.0-only
"""One state for all that differ by a renaming of pool values, stamps or identical threads.

Pool values are numbered as a traversal from the roots meets them (cells in order, then the threads' locals, then fields
of what was met); those that only an owned lock inside holds are tried in every order. Stamps are numbered as a scan of
cells and locals meets them. Threads of a family are arranged in every order that their own places and locals do not
decide. The least result is the state's canonical form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations, product

from dfsrace.engine.reference.memos import Memo, PoolPlace, References, Value, pool_places
from dfsrace.system.expressions import Finished, walk
from dfsrace.system.layout import Bits, Layout
from dfsrace.system.program import Thread
from dfsrace.system.system import Property
from dfsrace.system.types import LockType, PoolType, StampType


def families(threads: Sequence[Thread], properties: Iterable[Property]) -> list[list[int]]:
    """The places of the members of each family that no property names, families of one left out."""
    named = {e.thread for p in properties for e in walk(p.condition) if isinstance(e, Finished)}
    found: dict[str, list[int]] = {}
    for place, thread in enumerate(threads):
        if thread.family is not None:
            found.setdefault(thread.family, []).append(place)
    return [members for members in found.values() if len(members) > 1 and not named & set(members)]


class Renaming:
    """Renames pool values and stamps; `mask` has the bits that may change."""

    def __init__(self, references: References, pools: bool, stamps: bool) -> None:
        self.references = references
        self.pools = pools
        self.stamps = stamps
        self.cells: dict[Value, list[tuple[Bits, int | None]]] = {}
        memory, layout = references.layout.memory, references.layout
        for (pool, value), indices in memory.fields.items():
            number = references.pools[pool]
            kinds = [references.place(index) for index in indices]
            self.cells[number, value + 1] = [
                (layout.cells[i], None if k is None else k.pool) for i, k in zip(indices, kinds, strict=True)
            ]
        self.places = [*references.roots, *(r for refs in references.locals for r in refs)]
        self.scan = [*references.roots, *references.field_references(), *(r for rs in references.locals for r in rs)]
        self.pool_places = pool_places(self.places)
        self.mask = 0
        for reference in self.scan:
            if (reference.pool is not None and pools) or (reference.stamp is not None and stamps):
                self.mask |= reference.bits.mask
        if pools:
            for block in references.blocks.values():
                self.mask |= block
        self.memo = Memo(self._renamed)

    def _renamed(self, bits: int) -> int:
        if not self.pools:
            return self._stamped(bits)
        return min(self._stamped(self._moved(bits, order)) for order in self._orders(bits))

    # ---- pools

    def _orders(self, bits: int) -> Iterator[list[Value]]:
        """The orders in which the held values may be numbered."""
        order: list[Value] = []
        self._meet(bits, self.pool_places, order)
        self._follow(bits, order, 0)
        yield from self._completed(bits, order, self.references.held(bits) - set(order))

    def _completed(self, bits: int, order: list[Value], missing: set[Value]) -> Iterator[list[Value]]:
        if not missing:
            yield order
        owned = [value for value in sorted(missing) if bits & self.references.owning.get(value, 0)]
        for value in owned:
            longer = [*order, value]
            self._follow(bits, longer, len(order))
            yield from self._completed(bits, longer, missing - set(longer))

    @staticmethod
    def _meet(bits: int, places: Iterable[PoolPlace], order: list[Value]) -> None:
        for shift, ones, pool in places:
            value = (pool, bits >> shift & ones)
            if value[1] and value not in order:
                order.append(value)

    def _follow(self, bits: int, order: list[Value], start: int) -> None:
        """Adds what is reachable from the values from `start` on."""
        while start < len(order):
            self._meet(bits, self.references.links.get(order[start], ()), order)
            start += 1

    def _moved(self, bits: int, order: list[Value]) -> int:
        """The bits with the values numbered in an order."""
        new: dict[Value, int] = {}
        counts: dict[int, int] = {}
        for value in order:
            counts[value[0]] = new[value] = counts.get(value[0], 0) + 1
        out = 0
        for reference in self.places:
            stored = bits >> reference.bits.shift & reference.bits.ones
            if stored and reference.pool is not None:
                stored = new[reference.pool, stored]
            out |= stored << reference.bits.shift
        for value, number in new.items():
            targets = self.cells.get((value[0], number), ())
            for (source, pool), (target, _) in zip(self.cells.get(value, ()), targets, strict=True):
                stored = bits >> source.shift & source.ones
                out |= (new[pool, stored] if pool is not None and stored else stored) << target.shift
        return out

    # ---- stamps

    def _stamped(self, bits: int) -> int:
        """The bits with stamps numbered as they are met."""
        if not self.stamps:
            return bits
        new: dict[tuple[StampType, int], int] = {}
        counts: dict[StampType, int] = {}
        for reference in self.scan:
            stamp = reference.stamp
            stored = bits >> reference.bits.shift & reference.bits.ones
            if stamp is None or not stored:
                continue
            if (stamp, stored) not in new:
                counts[stamp] = new[stamp, stored] = counts.get(stamp, 0) + 1
            bits += new[stamp, stored] - stored << reference.bits.shift
        return bits


class Arrangement:
    """Permutes the members of families."""

    def __init__(self, layout: Layout, groups: list[list[int]], renamed: int, pools: bool) -> None:
        """`renamed`: the bits whose values are renamed; `pools`: pool values are among them."""
        self.layout = layout
        self.groups = groups
        self.blocks = [thread.block for thread in layout.threads]
        self.keys = [block.ones & ~(renamed >> block.shift) for block in self.blocks]
        self.own = [(block.shift, key) for block, key in zip(self.blocks, self.keys, strict=True)]
        self.owners: list[Bits] = []
        self.shares: list[list[Bits]] = []
        self.fixed: list[tuple[Bits, int | None]] = []
        self.moving: list[tuple[Bits, int | None]] = []
        shares: dict[tuple[int, object, str], list[Bits]] = {}
        for bits, cell in zip(layout.cells, layout.memory.cells, strict=True):
            variable = layout.system.variables[cell.variable]
            if not isinstance(variable.type, LockType) or not bits.width:
                continue
            if cell.thread is not None:
                shares.setdefault((cell.variable, cell.position, cell.component), []).append(bits)
            elif cell.component in ("owner", "writer"):
                self.owners.append(bits)
            else:
                continue
            moves = pools and isinstance(variable.owner, PoolType)
            (self.moving if moves else self.fixed).append((bits, cell.thread))
        self.shares = list(shares.values())
        self.owned = 0
        for bits in [*self.owners, *(b for share in self.shares for b in share)]:
            self.owned |= bits.mask
        self.decisive = self.owned
        for thread in (t for group in groups for t in group):
            self.decisive |= self.blocks[thread].mask
        self.tried = Memo(lambda state: tuple(self._arrangements(state)))
        self.identity = tuple(range(len(self.blocks)))
        self.permutations: dict[tuple[int, ...], _Permutation] = {}

    def arrangements(self, state: int) -> tuple[tuple[int, ...], ...]:
        """For each order that has to be tried: the thread that goes to each place. All others are like one of them."""
        return self.tried[state & self.decisive]

    def _arrangements(self, state: int) -> Iterator[tuple[int, ...]]:
        for combination in product(*(self._orders(state, group) for group in self.groups)):
            sources = list(self.identity)
            for group, order in zip(self.groups, combination, strict=True):
                for place, thread in zip(group, order, strict=True):
                    sources[place] = thread
            yield tuple(sources)

    def _orders(self, state: int, group: list[int]) -> list[list[int]]:
        """The orders of one family."""
        own = self.own
        keyed = sorted([(state >> own[t][0] & own[t][1], t) for t in group])
        if len({key for key, _ in keyed}) == len(keyed):
            return [[t for _, t in keyed]]
        full = sorted(((key, *self._signature(state, t)), t) for key, t in keyed)
        ties: list[list[int]] = []
        last: object = None
        for key, t in full:
            if key == last:
                ties[-1].append(t)
            else:
                ties.append([t])
            last = key
        options = [[tuple(tie)] if self._plain(state, tie[0]) else list(permutations(tie)) for tie in ties]
        return [[t for part in parts for t in part] for parts in product(*options)]

    def _signature(self, state: int, thread: int) -> tuple[object, ...]:
        """What a thread has of locks that are not renamed, and whether it has anything else that tells it apart."""
        mine = (self._has(state, bits, t, thread) for bits, t in self.fixed if t is None or t == thread)
        return (self._plain(state, thread), *mine)

    @staticmethod
    def _has(state: int, bits: Bits, part: int | None, thread: int) -> int:
        stored = state >> bits.shift & bits.ones
        if part is None:
            return int(stored == thread + 1)
        return stored if part == thread else 0

    def _plain(self, state: int, thread: int) -> bool:
        """True if nothing that is renamed belongs to a thread."""
        block = self.blocks[thread]
        if state >> block.shift & block.ones & ~self.keys[thread]:
            return False
        return not any(self._has(state, bits, t, thread) for bits, t in self.moving)

    def permuted(self, state: int, sources: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        """The state with thread sources[p] at place p, and for each thread the place it went to."""
        if sources == self.identity:
            return state, sources
        permutation = self.permutations.get(sources)
        if permutation is None:
            permutation = self.permutations[sources] = _Permutation(self, sources)
        out = state & permutation.rest | permutation.owned[state & self.owned]
        for source, ones, target in permutation.moves:
            out |= (state >> source & ones) << target
        return out, permutation.places


class _Permutation:
    """One permutation of threads: the blocks that move, and what becomes of the owners of locks."""

    def __init__(self, arrangement: Arrangement, sources: tuple[int, ...]) -> None:
        self.arrangement = arrangement
        self.places = tuple(sources.index(thread) for thread in range(len(sources)))
        self.owned = Memo(self._owned)
        blocks, moving = arrangement.blocks, arrangement.owned
        self.moves: list[tuple[int, int, int]] = []
        for place, thread in enumerate(sources):
            if place != thread:
                self.moves.append((blocks[thread].shift, blocks[thread].ones, blocks[place].shift))
                moving |= blocks[place].mask
        self.rest = ((1 << arrangement.layout.bits) - 1) & ~moving

    def _owned(self, bits: int) -> int:
        """The owners after the permutation."""
        out = 0
        for place in self.arrangement.owners:
            owner = bits >> place.shift & place.ones
            if owner:
                out |= self.places[owner - 1] + 1 << place.shift
        for share in self.arrangement.shares:
            for thread, place in enumerate(share):
                out |= (bits >> place.shift & place.ones) << share[self.places[thread]].shift
        return out


class Canonical:
    """The canonical form of states under the reductions asked for."""

    def __init__(self, references: References, reductions: frozenset[str], properties: Iterable[Property]) -> None:
        layout = references.layout
        self.names = Renaming(references, "pools" in reductions, "stamps" in reductions)
        groups = families(layout.system.threads, properties) if "threads" in reductions else []
        self.threads = Arrangement(layout, groups, self.names.mask, "pools" in reductions)
        self.identity = tuple(range(len(layout.threads)))
        self.renames = bool(self.names.mask)
        self.arranges = bool(groups)
        self.kept = ((1 << layout.bits) - 1) & ~self.names.mask

    def renamed(self, state: int) -> int:
        """With pool values and stamps renamed only."""
        mask = self.names.mask
        return state & self.kept | self.names.memo[state & mask] if mask else state

    def with_places(self, state: int) -> tuple[int, tuple[int, ...]]:
        """The canonical form, and for each thread the place that it has there."""
        if not self.arranges:
            return self.renamed(state), self.identity
        best: tuple[int, tuple[int, ...]] | None = None
        for sources in self.threads.arrangements(state):
            arranged, places = self.threads.permuted(state, sources)
            found = (self.renamed(arranged), places)
            if best is None or found < best:
                best = found
        assert best is not None
        return best

    def all(self, states: set[int]) -> set[int]:
        """The canonical forms of many states."""
        if self.arranges:
            return {self.with_places(state)[0] for state in states}
        if not self.renames:
            return states
        mask, kept, memo = self.names.mask, self.kept, self.names.memo
        return {state & kept | memo[state & mask] for state in states}

    def one(self, state: int) -> int:
        """The canonical form of one state."""
        return self.with_places(state)[0] if self.arranges else self.renamed(state)
