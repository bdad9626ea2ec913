# SPDX-License-Identifier: GPL-2.0-only
"""Pictures of a trace: what stands in the state at each moment, what changed, what the violated property speaks of."""

from __future__ import annotations

from functools import cache

import pytest

import dfsrace
from dfsrace.operations import Model, load, replay
from dfsrace.shipped import models_folder
from dfsrace.trace.picture import Field, Link, Picture, Thing
from dfsrace.trace.pictures import pictures

LIST = """\
model: A list of two, taken apart
types:
  Item: pool(2)
  Colour: [red, green]
  Side: [left, right]
state:
  first: Item | None
  Item.next: Item | None
  Item.colour: Colour
  Item.guard: spinlock
  Side.count: 0..3
  Side.other: Side = right
setup: |
  one = alloc(Item)
  two = alloc(Item)
  one.next = two
  first = one
procedures: |
  def take():
      item = first
      if item is not None:
          with item.guard:
              item.colour = green
          following = item.next
          first = following
      new = alloc(Item)
      left.count = 1
      first = new
threads:
  cpu0: take()
invariants:
  never_green: all(item.colour == red for item in Item)
  left_is_not_counted:
    at: end
    holds: left.count == 0
"""
LOCKS = """\
model: Every kind of lock
state: {a: mutex, b: rwsem, c: semaphore = 2, d: seqlock, e: rwlock}
threads:
  w: |
    mutex_lock(a)
    down(c)
    write_seqlock(d)
    write_sequnlock(d)
    down_write(b)
    up_write(b)
    up(c)
    mutex_unlock(a)
  r: |
    down_read(b)
    read_lock(e)
    read_unlock(e)
    up_read(b)
"""


@cache
def of(text: str, schedule: str, violated: str | None = None) -> tuple[Picture, ...]:
    """The pictures of a schedule."""
    model = load(text)
    return pictures(model.system, replay(model, schedule, violated=violated))


@cache
def shipped(name: str) -> Model:
    """A shipped model."""
    return load(models_folder() / f"{name}.yaml")


@cache
def found(name: str, violated: str) -> tuple[Picture, ...]:
    """The pictures of a shipped model's counterexample."""
    report = dfsrace.check(shipped(name))
    return next(c.pictures() for c in report.violations if c.violation.property == violated)


def thing(picture: Picture, wanted: str) -> Thing:
    """A thing by its id."""
    return next(one for one in picture.things if one.id == wanted)


def fields(picture: Picture, wanted: str) -> dict[str, str]:
    """What stands in a thing."""
    return {field.name: field.value for field in thing(picture, wanted).fields}


def arrows(picture: Picture, *, gone: bool = False) -> list[str]:
    """The links as `source label target`."""
    return [f"{one.source} {one.label} {one.target}" for one in picture.links if one.gone == gone]


def link(picture: Picture, cell: str) -> Link:
    """The link that a cell is."""
    return next(one for one in picture.links if one.cell == cell and not one.gone)


def test_there_is_a_picture_for_the_start_and_for_each_step() -> None:
    made = of(LIST, "cpu0*9")
    assert [picture.number for picture in made] == list(range(10))
    assert [picture.thread for picture in made[:3]] == ["", "cpu0", "cpu0"]
    assert [picture.text for picture in made[:3]] == ["", "item = first", "spin_lock(item.guard)"]


def test_things_and_their_order_are_the_same_in_all_pictures() -> None:
    made = of(LIST, "cpu0*9")
    ids = [[thing.id for thing in picture.things] for picture in made]
    assert all(one == ids[0] for one in ids)
    assert ids[0] == [
        "thread:cpu0",
        "value:item0",
        "value:item1",
        "value:item2",
        "value:left",
        "value:right",
        "cell:first",
        "lock:item0.guard",
        "lock:item1.guard",
        "lock:item2.guard",
    ]


def test_a_cell_is_a_link_by_its_type_and_a_field_where_it_points_at_nothing() -> None:
    first = of(LIST, "cpu0*9")[0]
    assert arrows(first) == [
        "value:item0 next value:item1",
        "value:left other value:right",
        "value:right other value:right",
        "cell:first first value:item0",
    ]
    assert fields(first, "value:item0") == {"colour": "red"}
    assert fields(first, "value:item1") == {"next": "None", "colour": "red"}
    assert fields(first, "value:left") == {"count": "0"}


def test_a_local_is_a_link_as_long_as_it_is_live() -> None:
    made = of(LIST, "cpu0*9")
    pointing = [number for number, picture in enumerate(made) if "thread:cpu0 item value:item0" in arrows(picture)]
    assert pointing == [1, 2, 3, 4]  # until item.next was read
    assert [one.kind for one in made[1].links if one.source == "thread:cpu0"] == ["local"]
    # What a thread forgets is not drawn as if a step had taken it away; what it points at instead is.
    assert not any(one.gone for picture in made for one in picture.links if one.kind == "local")
    assert "thread:cpu0 following value:item1" in arrows(made[5])


def test_a_value_that_comes_is_held_from_then_on_and_one_that_goes_is_free() -> None:
    made = of(LIST, "cpu0*9")
    held = {name: [thing(p, name).held for p in made] for name in ("value:item0", "value:item2", "lock:item2.guard")}
    assert held["value:item0"] == [True] * 6 + [False] * 4
    assert held["value:item2"] == held["lock:item2.guard"] == [False] * 7 + [True] * 3
    assert thing(made[6], "value:item2").note == ""
    assert [thing(picture, "value:item0").note for picture in made[5:8]] == ["", "free", "free"]
    assert fields(made[6], "value:item0") == {}


def test_a_number_that_is_allocated_again_is_another_thing() -> None:
    made = of(LIST, "cpu0*9")
    assert [p for p in made if thing(p, "value:item0").held and thing(p, "value:item2").held] == []
    assert thing(made[7], "value:item2").changed and not thing(made[8], "value:item2").changed


def test_what_a_step_changes_is_marked_with_the_old_value() -> None:
    made = of(LIST, "cpu0*9")
    assert thing(made[3], "value:item0").fields[0] == Field("colour", "green", "item0.colour", "red", True)
    assert not any(field.changed for one in made[4].things for field in one.fields)
    assert [one.id for one in made[3].things if one.changed] == ["thread:cpu0", "value:item0"]


def test_an_arrow_that_a_step_takes_away_is_listed_once() -> None:
    made = of(LIST, "cpu0*9")
    assert [number for number, p in enumerate(made) if "cell:first first value:item0" in arrows(p, gone=True)] == [6]
    assert link(made[6], "first") == Link("cell:first", "value:item1", "reference", "first", "first", True)


def test_a_lock_is_a_thing_of_its_owner_with_an_arrow_from_who_holds_it() -> None:
    made = of(LIST, "cpu0*9")
    lock = thing(made[2], "lock:item0.guard")
    assert (lock.owner, lock.label, lock.note, lock.changed) == ("value:item0", "item0.guard", "held by cpu0", True)
    assert [one.target for one in made[2].links if one.kind == "holds"] == ["lock:item0.guard"]
    assert thing(made[4], "lock:item0.guard").note == "free"
    assert "thread:cpu0 holds lock:item0.guard" in arrows(made[4], gone=True)


@pytest.mark.parametrize(
    ("schedule", "notes"),
    [
        ("w", {"lock:a": "held by w", "lock:b": "free"}),
        ("w*2", {"lock:c": "held by w"}),
        ("w*3", {"lock:d": "written by w"}),
        ("r*2", {"lock:b": "read by r", "lock:e": "read by r"}),
        ("r w*5", {"lock:b": "read by r; w waits to write"}),
        ("w*5", {"lock:b": "written by w"}),
        ("w*7", {"lock:a": "held by w", "lock:c": "free"}),
    ],
)
def test_each_kind_of_lock_says_who_has_it(schedule: str, notes: dict[str, str]) -> None:
    last = of(LOCKS, schedule)[-1]
    assert {name: thing(last, name).note for name in notes} == notes


def test_a_seqlock_shows_its_sequence_and_a_counting_semaphore_its_count() -> None:
    made = of(LOCKS, "w*3")
    assert fields(made[3], "lock:d") == {"sequence": "1"}
    assert fields(made[3], "lock:c") == {"count": "1"}
    assert fields(made[3], "lock:a") == {}


def test_a_thread_says_where_it_stands_what_it_waits_for_and_that_it_has_finished() -> None:
    made = of(LOCKS, "w*5 r*0".replace(" r*0", ""))
    assert thing(made[0], "thread:w").note == "mutex_lock(a)"
    assert thing(made[5], "thread:r").note == "waits for b (w)"
    assert thing(of(LOCKS, "r*4")[4], "thread:r").note == "finished"


def test_failing_marks_stand_where_the_property_is_violated_and_nowhere_before() -> None:
    made = of(LIST, "cpu0*3")
    assert [one.id for one in made[3].things if one.failing] == ["value:item0"]
    assert thing(made[3], "value:item0").fields[0].failing
    assert made[3].violated == ("never_green",)
    assert not any(one.failing for picture in made[:3] for one in picture.things)


def test_the_vm_of_the_library_has_kinds_of_its_own() -> None:
    made = found("2003-unfixed/local-truncate", "no_pte_maps_truncated_page")
    kinds = {one.id: one.kind for one in made[0].things}
    assert kinds["mm:mm0"] == "mm" and kinds["frame:page0"] == "frame" and kinds["node:A"] == "node"
    assert kinds["disk:disk"] == "disk" and kinds["lock:mm0.page_table_lock"] == "lock"
    assert {one.kind for picture in made for one in picture.links} == {
        "pte",
        "cache",
        "mapping",
        "token",
        "holds",
        "local",
    }
    assert fields(made[0], "node:A")["i_size"] == "1"
    assert thing(made[0], "mm:mm0").note == "runs on A"


def test_a_truncated_page_says_so_and_the_pte_that_maps_it_fails() -> None:
    last = found("2003-unfixed/local-truncate", "no_pte_maps_truncated_page")[-1]
    page = thing(last, "frame:page0")
    assert page.note == "removed from the page cache"
    assert [field.name for field in page.fields if field.failing] == ["mapping"]
    assert link(last, "mm0.pte[0]").failing
    assert not link(last, "token[0]").failing


def test_2_6_has_inodes_for_nodes() -> None:
    made = found("2003-linux-2.6/invalidate-inside-i_size", "no_pte_maps_truncated_page")
    assert thing(made[0], "node:inode0").kind == "node"
    assert any(one.kind == "cache" for picture in made for one in picture.links)


def test_a_type_of_the_same_name_is_no_vm() -> None:
    last = found("textbook/aba-llist-del-first", "what_is_on_the_list_is_not_taken")[-1]
    assert {one.kind for one in last.things} == {"thread", "value", "cell"}
    alone = "model: m\ntypes:\n  Node: [A]\n  Page: pool(1)\nstate:\n  Node.page_cache: Page | None\n  disk: 0..1\n"
    made = of(alone + "threads:\n  a: |\n    A.page_cache = alloc(Page)\n    disk = 1\n", "a*2")
    assert {one.kind for one in made[2].things} == {"thread", "value", "cell"}
    assert {one.kind for one in made[2].links} == {"reference"}


def test_interesting_are_the_ends_the_stale_arrow_and_what_changes_an_arrow() -> None:
    made = found("2003-unfixed/local-truncate", "no_pte_maps_truncated_page")
    assert [picture.number for picture in made if picture.interesting] == [0, 2, 5, 8, 11]
    assert [picture.text for picture in made if picture.interesting][1:] == [
        "page = node.page_cache[index]",
        "mm.pte[index] = None",
        "node.page_cache[index] = None; page.mapping = None",
        "mm.pte[index] = page",
    ]


def test_a_step_that_leads_nowhere_shows_the_state_before_it() -> None:
    made = found("2003-nopage-under-page-table-lock/local-truncate", "sleeping while atomic")
    before, last = made[-2:]
    assert last.violated == ("sleeping while atomic",) and last.interesting and last.text
    assert [thing.fields for thing in last.things] == [thing.fields for thing in before.things]


def test_a_step_that_leads_nowhere_shows_what_its_access_has_done_and_where_its_thread_fails() -> None:
    before, last = found("2003-truncate-lock/section-over-removal", "sleeping while atomic")[-2:]
    lock = "lock:mm0.page_table_lock"
    assert (thing(before, lock).note, thing(last, lock).note) == ("held by cpu1", "free")
    assert thing(last, "thread:cpu1").note == "might_sleep()"


@pytest.mark.parametrize(
    ("name", "violated", "early"),
    [
        ("2003-truncate-lock/seed-question", "no_pte_maps_truncated_page", {5}),
        ("2003-unfixed/remote-write", "no_pte_maps_truncated_page", {8}),
        ("2003-linux-2.6/invalidate-inside-i_size", "no_pte_maps_truncated_page", {4}),
        ("textbook/aba-llist-del-first", "what_is_on_the_list_is_not_taken", set()),
    ],
)
def test_a_step_that_came_too_early_to_find_what_was_stored_later_is_interesting(
    name: str, violated: str, early: set[int]
) -> None:
    made = found(name, violated)
    moved = {p.number for p in made if any(f.changed for f in cells(p)) or any(a.changed for a in arrows_of(p))}
    again = {p.number for p in made if p.text.endswith(("retry)", "changed)"))}
    plain = {p.number for p in made if p.interesting} - moved - again
    ends = {0, made[-1].number}
    assert {number for number in plain - ends if "mm0.pte[0]" in {one.cell for one in cells(made[number])}} == early


def cells(picture: Picture) -> list[Field]:
    """All fields that are cells."""
    return [field for one in picture.things for field in one.fields if field.cell]


def arrows_of(picture: Picture) -> list[Link]:
    """All arrows but those of locks."""
    return [one for one in picture.links if one.kind != "holds"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("2003-truncate-lock/seed-question", "if not read_seqretry(node.truncate_lock, seq) (no retry)"),
        (
            "2003-truncate-lock/section-over-removal-sleeping-dfs",
            "if not read_seqcount_retry(node.truncate_seqcount, seq) (no retry)",
        ),
        ("2003-truncate-count/remote-write-no-token", "if sequence == node.truncate_count (unchanged)"),
        ("2003-truncate-count/token-taken-first", "if sequence == node.truncate_count (changed)"),
    ],
)
def test_a_check_that_looks_again_is_interesting_and_says_what_it_found(name: str, text: str) -> None:
    report = dfsrace.check(shipped(name))
    made = report.violations[0].pictures()
    assert text in [picture.text for picture in made if picture.interesting]


def test_only_a_comparison_with_what_was_read_from_the_same_cell_before_looks_again() -> None:
    text = """\
model: Looks
state: {a: 0..2, b: 0..2}
threads:
  t: |
    first = a
    if first == b:
        pass
    if first < a:
        pass
    second = first
    if a != second:
        pass
    with atomic:
        if a == first:
            b = 1
  other: a = 1
"""
    made = of(text, "t*5 other")
    assert [picture.text for picture in made if picture.text.endswith("changed)")] == ["if a != second (unchanged)"]
    later = [picture.text for picture in of(text, "t*3 other t*2") if picture.text.endswith("changed)")]
    assert later == ["if a != second (changed)", "if a == first (changed)"]


def test_a_store_of_what_was_there_keeps_it_as_the_old_value() -> None:
    made = found("2003-truncate-lock/seed-question", "no_pte_maps_truncated_page")
    (field,) = (field for field in cells(made[5]) if field.name == "pte[0]")
    assert (field.value, field.old, field.changed) == ("None", "None", False)
    assert all(not field.old for field in cells(made[6]))


def test_of_a_deadlock_each_step_that_takes_one_of_the_locks_is_interesting() -> None:
    made = found("textbook/dining-philosophers", "deadlock")
    assert all(picture.interesting for picture in made) and len(made) == 5


def test_the_lock_that_an_automatic_check_is_about_fails_with_its_thread() -> None:
    last = found("2003-truncate-lock/section-over-removal", "sleeping while atomic")[-1]
    assert [one.id for one in last.things if one.failing] == ["thread:cpu1", "lock:A.truncate_lock"]
    last = found("2003-nopagedone/lock-kept-on-sigbus", "lock held at exit")[-1]
    assert [one.id for one in last.things if one.failing] == ["thread:cpu0", "lock:dfs_lock[0]"]


def test_of_a_deadlock_who_waits_fails_and_what_for() -> None:
    last = found("2005-cluster-lock/lock-order", "deadlock")[-1]
    failing = ["thread:cpu0", "thread:dlm", "lock:page0.lock", "lock:cluster_lock"]
    assert [one.id for one in last.things if one.failing] == failing
    assert [thing(last, name).note for name in failing[:2]] == [
        "waits for cluster_lock (dlm)",
        "waits for page0.lock (cpu0)",
    ]


def test_a_violation_before_the_first_step_is_one_picture() -> None:
    made = of(LIST.replace("first = one\n", "first = one\n  one.colour = green\n"), "init#1")
    assert len(made) == 1 and made[0].violated == ("never_green",) and made[0].interesting
    assert thing(made[0], "value:item0").failing


def test_cells_that_never_change_are_left_out_but_not_what_a_reader_of_the_vm_looks_for() -> None:
    made = found("2003-unfixed/remote-write", "no_pte_maps_stale_page")
    assert fields(made[0], "node:A")["i_size"] == "1"
    assert not any("vm_ops" in fields(made[0], one.id) for one in made[0].things)


@pytest.mark.parametrize("name", ["2003-unfixed/remote-write", "2003-truncate-lock/seed-question"])
def test_the_last_picture_of_a_stale_page_shows_what_the_disk_holds(name: str) -> None:
    last = found(name, "no_pte_maps_stale_page")[-1]
    assert fields(last, "disk:disk") == {"disk[0]": "v1"}
    assert fields(last, "frame:page0")["contents"] == "v0"
    assert {one.id for one in last.things if one.failing} == {"mm:mm0", "frame:page0", "disk:disk"}
