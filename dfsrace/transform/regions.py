# SPDX-License-Identifier: GPL-2.0-only
"""Which nodes one step may execute, and whether they can be written out as a tree.

Before: a graph of nodes. After: for a node at which a thread rests, the shape of the tree that results when the nodes
joined to it are copied along every path. Nothing is rewritten, so that every kind of property survives; a region with
a cycle (a loop over locals only, or within an atomic block) or too large a tree is marked, and is executed node by
node instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from dfsrace.system.program import Branch, Choose, LockOperation, Thread, starts_step

LARGEST_TREE = 2_000
MOST_FORKS = 100
DEEPEST_NESTING = 40
MOST_CHOICES = 12


@dataclass(frozen=True, slots=True)
class Region:
    """The tree below a node, or a cycle: its size in nodes; on a path, what may fork, branches, choices."""

    cyclic: bool = False
    size: int = 0
    forks: int = 0
    branches: int = 0
    choices: int = 0

    @property
    def is_tree(self) -> bool:
        """True if the region can be written out."""
        return not self.cyclic and (
            self.size <= LARGEST_TREE
            and self.forks <= MOST_FORKS
            and self.branches <= DEEPEST_NESTING
            and self.choices <= MOST_CHOICES
        )


CYCLE = Region(cyclic=True)


def region(thread: Thread, start: int) -> Region:
    """The region of the step that starts at node `start`."""
    order, done = [start], dict[int, Region]()
    open_: set[int] = set()
    while order:
        place = order[-1]
        if place in done:
            order.pop()
            continue
        following = [n for n in thread.nodes[place].next if not starts_step(thread.nodes[n])]
        waiting = [n for n in following if n not in done]
        if any(n in open_ or n == place for n in waiting):
            return CYCLE
        if waiting:
            open_.add(place)
            order += waiting
            continue
        open_.discard(place)
        done[place] = _joined(thread, place, [done[n] for n in following])
        order.pop()
    return done[start]


def _joined(thread: Thread, place: int, parts: list[Region]) -> Region:
    operation = thread.nodes[place].operation
    trying = isinstance(operation, LockOperation) and "trylock" in operation.call
    return Region(
        size=1 + (1 + trying) * sum(part.size for part in parts),
        forks=isinstance(operation, Branch | Choose | LockOperation) + max((part.forks for part in parts), default=0),
        branches=(trying or isinstance(operation, Branch)) + max((part.branches for part in parts), default=0),
        choices=isinstance(operation, Choose) + max((part.choices for part in parts), default=0),
    )
