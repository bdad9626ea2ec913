# SPDX-License-Identifier: GPL-2.0-only
"""Costs are what one thread executes: the counts of the library's text, made by hand, are found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfsrace.engine.options import Options
from dfsrace.study.compose import UNFIXED, Protocol, protocol
from dfsrace.study.cost import Costs, Measured, cost_table, difference_table, killed, measure
from dfsrace.study.counting import Count
from dfsrace.study.paths import CostPath, WrongPaths, chosen, read_paths
from dfsrace.study.table import Table

SHIPPED = {path.name: path for path in read_paths()}


def measured(path: CostPath, fix: Protocol) -> Measured:
    (task,) = Costs((path,), (fix,)).tasks()
    return measure(task, Options())


def count(path: str, fix: str) -> Count | None:
    return measured(SHIPPED[path], protocol(fix)).exact


# Each by reading the procedures in dfsrace/library, access by access; what is added up is named.
BY_HAND = [
    # vm_ops; node, i_size, page_cache; the PTE | set_pte | page_table_lock
    ("fault-cached", "unfixed", Count(loads=5, stores=1, locks=1)),
    # node and the sample before, the second look under page_table_lock; smp_rmb after the sample
    ("fault-cached", "truncate_count", Count(loads=5 + 3, stores=1, locks=1, barriers=1)),
    # node; read_seqbegin and read_seqretry, each a load and smp_rmb
    ("fault-cached", "truncate_lock", Count(loads=5 + 3, stores=1, locks=1, barriers=2)),
    # node, the exit mark, the entry mark; smp_rmb twice
    ("fault-cached", "two_counters", Count(loads=5 + 3, stores=1, locks=1, barriers=2)),
    # page->mapping and i_size once more, under the page lock
    ("fault-cached", "locked_fault", Count(loads=5 + 2, stores=1, locks=2)),
    # vm_ops is looked at in do_no_page instead of in nopage
    ("fault-cached", "hook", Count(loads=5, stores=1, locks=1)),
    # vm_ops once more, for nopagedone
    ("fault-cached", "nopagedone", Count(loads=5 + 1, stores=1, locks=1)),
    # page_cache once more and the disk | mapping, contents, page_cache
    ("fault-not-cached", "unfixed", Count(loads=5 + 2, stores=1 + 3, locks=1)),
    ("fault-not-cached", "locked_fault", Count(loads=5 + 2 + 2, stores=1 + 3, locks=2)),
    ("fault-not-cached", "locked_fault+invalidate_lock", Count(loads=5 + 2 + 2, stores=1 + 3, locks=3)),
    # vm_ops; node and token; node, i_size, page_cache; the PTE | set_pte | dfs_lock, page_table_lock
    ("dfs-fault-cached", "hook", Count(loads=1 + 2 + 3 + 1, stores=1, locks=2)),
    # token and node are looked at without dfs_lock
    ("dfs-fault-cached", "valid_flag", Count(loads=1 + 2 + 3 + 1 + 3, stores=1, locks=1, barriers=1)),
    # node, vm_ops; page_cache twice | i_size; the PTE; page_cache, mapping | page_table_lock
    ("truncate-mapped", "unfixed", Count(loads=4, stores=4, locks=1)),
    # atomic_inc between smp_wmb and smp_mb
    ("truncate-mapped", "truncate_count", Count(loads=4, stores=4, atomics=1, locks=1, barriers=2)),
    # write_seqlock: its spinlock, an increment, smp_wmb; write_sequnlock: smp_wmb, an increment
    ("truncate-mapped", "truncate_lock", Count(loads=4 + 2, stores=4 + 2, locks=2, barriers=2)),
    # the page lock; mapping; node and vm_ops again; the PTE again, under page_table_lock
    ("truncate-mapped", "locked_fault", Count(loads=4 + 3, stores=4 + 1, locks=1 + 2)),
    ("anonymous-fault", "truncate_lock", Count(loads=1, stores=1, locks=1)),
]


@pytest.mark.parametrize(("path", "fix", "by_hand"), BY_HAND)
def test_the_counts_are_those_made_by_hand(path: str, fix: str, by_hand: Count) -> None:
    assert count(path, fix) == by_hand


def test_each_procedure_is_told_apart() -> None:
    (run,) = measured(SHIPPED["fault-not-cached"], protocol("locked_fault+invalidate_lock")).runs
    assert run == {
        "nopage": Count(loads=1),
        "filemap_nopage": Count(loads=5, locks=1),
        "read_cache_page": Count(loads=2, stores=3, locks=1),
        "do_no_page": Count(loads=1, stores=1, locks=1),
    }


def test_every_shipped_path_says_what_it_is_and_starts_somewhere() -> None:
    assert len(SHIPPED) >= 8
    for path in SHIPPED.values():
        assert path.about.endswith(".")
        assert measured(path, Protocol(UNFIXED)).exact is not None


# ---- paths of one's own

LIBRARY = """\
types:
  Cpu: cpu[0..1]
  Stamp: stamp
state:
  x: 0..3
  flag: bool
  l: spinlock
  m: mutex
  s: Stamp
  rw: rwsem
  q: seqcount
  c[Cpu]: 0..1
"""


def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, start: str = "", setup: str = "") -> Measured:
    (tmp_path / "mine.yaml").write_text(LIBRARY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return measured(CostPath("p", call, start, setup, include=("mine.yaml",)), Protocol(UNFIXED))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("smp_mb()\nx = 1\nsmp_wmb()", Count(stores=1, barriers=2)),
        ("smp_store_release(x, smp_load_acquire(x))", Count(loads=1, stores=1, barriers=2)),
        ("WRITE_ONCE(x, READ_ONCE(x))", Count(loads=1, stores=1)),
        ("atomic_inc(x)\nrenew(s)", Count(atomics=2)),
        ("x = x + 1", Count(loads=1, stores=1)),
        ("wait_event(x == 0 and not flag)", Count(loads=2)),
        ("if spin_trylock(l):\n    spin_unlock(l)", Count(locks=1)),
        ("with l:\n    t = spin_trylock(l)", Count(locks=1)),
        ("with read(rw):\n    pass\nwith write(rw):\n    pass", Count(locks=2)),
        ("with write(q):\n    pass", Count(loads=2, stores=2, barriers=2)),
        ("b = read_seqcount_begin(q)\nt = read_seqcount_retry(q, b)", Count(loads=2, barriers=2)),
        ("with atomic:\n    x = 1\n    flag = True", Count(stores=2)),
        ("t = all(c[n] == 0 for n in Cpu)", Count(loads=2)),
        ("pass", Count()),
    ],
)
def test_what_each_statement_costs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, expected: Count) -> None:
    assert own(tmp_path, monkeypatch, call).exact == expected


def test_a_load_of_what_nobody_stores_to_is_a_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert own(tmp_path, monkeypatch, "if flag:\n    x = 1").exact == Count(loads=1)
    assert own(tmp_path, monkeypatch, "if flag:\n    x = 1", setup="flag = True").exact == Count(loads=1, stores=1)


def test_ways_that_differ_are_a_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = own(tmp_path, monkeypatch, "if maybe():\n    x = 1\n    x = 2")
    assert set(one.totals) == {Count(), Count(stores=2)} and one.exact is None
    costs = Costs((CostPath("p", "x"),), (Protocol(UNFIXED), Protocol("f", ("f",))))
    assert [cell.lines[0] for cell in cost_table(costs, [one, one]).rows[1][2:]] == ["0", "0 to 2", "0", "0", "0"]
    record = cost_table(costs, [one, one]).records[0]
    assert (record["stores"], record["most_stores"], record["more_stores"]) == (0, 2, None)


@pytest.mark.parametrize(
    ("call", "start", "why"),
    [
        ("wait_event(flag)", "", "alone it waits at"),
        ("with m:\n    mutex_lock(m)", "", "meets `lock taken twice`"),
        ("while True:\n    x = 1", "", "does not end"),
        ("x = 1", "flag", "no initial state is as `start` says"),
        ("x = y", "", "path p:5:9: DR501"),
        ("t = maybe()\nassert not t", "", "meets `assertion`"),
    ],
)
def test_what_cannot_be_measured_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, start: str, why: str
) -> None:
    one = own(tmp_path, monkeypatch, call, start)
    assert one.runs == () and one.status == "error"
    assert why in one.why


def test_a_path_starts_where_its_condition_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = "flag = maybe()"
    call = "if flag:\n    x = 1"
    assert own(tmp_path, monkeypatch, call, "flag", setup).exact == Count(loads=1, stores=1)
    assert own(tmp_path, monkeypatch, call, "not flag", setup).exact == Count(loads=1)
    assert own(tmp_path, monkeypatch, call, "", setup).exact is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "names no path"),
        ("[p", "is no TOML"),
        ("p = 1", "is no table"),
        ("[p]", "calls nothing"),
        ("[p]\ncall = 'f()'\nstrat = 'x'", "did you mean start"),
        ("[p]\ncall = 3", "call is a text"),
        ("[p]\ncall = 'f()'\nconstants = {A = 1.5}", "A is an integer"),
        ("[p]\ncall = 'f()'\ninclude = 'vm'", "include is a list"),
    ],
)
def test_a_wrong_file_of_paths_says_what_is_wrong(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WrongPaths, match=why):
        read_paths(tmp_path / "p.toml")


def test_a_path_that_there_is_not_names_the_nearest() -> None:
    with pytest.raises(WrongPaths, match="did you mean fault-cached"):
        chosen(read_paths(), ["fault-cashed"])


# ---- the tables


def table(*, differences: bool = False, procedures: bool = False) -> Table:
    costs = Costs((SHIPPED["fault-cached"],), (Protocol(UNFIXED), protocol("hook"), protocol("truncate_count")))
    found = [measure(task, Options()) for task in costs.tasks()]
    return difference_table(costs, found) if differences else cost_table(costs, found, procedures)


def shown(made: Table) -> list[list[str]]:
    return [[" | ".join(cell.lines) for cell in row] for row in made.rows]


def test_the_difference_stands_in_brackets_where_there_is_one() -> None:
    assert shown(table()) == [
        ["fault-cached", "unfixed", "5", "1", "0", "1", "0"],
        ["", "hook", "5", "1", "0", "1", "0"],
        ["", "truncate_count", "8 (+3)", "1", "0", "1", "1 (+1)"],
    ]


def test_differences_alone_stand_in_words() -> None:
    assert shown(table(differences=True)) == [
        ["unfixed", "5 loads | 1 store | 1 lock"],
        ["hook", "nothing more"],
        ["truncate_count", "+3 loads | +1 barrier"],
    ]


def test_procedures_stand_below_their_path() -> None:
    rows = shown(table(procedures=True))
    assert rows[1] == ["", "  nopage", "1", "", "", "", ""]
    assert [row[1] for row in rows[4:9]] == [
        "hook",
        "  do_no_page",
        "  filemap_nopage",
        "  install_new_page",
        "truncate_count",
    ]


def test_records_have_counts_and_differences() -> None:
    record = table().records[2]
    assert (record["path"], record["protocol"], record["loads"], record["more_loads"]) == (
        "fault-cached",
        "truncate_count",
        8,
        3,
    )
    assert record["procedures"] == {
        "do_no_page": {"loads": 4, "stores": 1, "atomics": 0, "locks": 1, "barriers": 1},
        "nopage": {"loads": 1, "stores": 0, "atomics": 0, "locks": 0, "barriers": 0},
        "filemap_nopage": {"loads": 3, "stores": 0, "atomics": 0, "locks": 0, "barriers": 0},
    }


def test_a_path_that_a_protocol_cannot_be_put_into_says_why(tmp_path: Path) -> None:
    fix = tmp_path / "fix.yaml"
    fix.write_text("procedures: |\n  @override\n  def do_no_page(mm: Mm):\n      pass\n", encoding="utf-8")
    costs = Costs((SHIPPED["fault-cached"],), (Protocol(UNFIXED), protocol(str(fix))))
    made = cost_table(costs, [measure(task, Options()) for task in costs.tasks()])
    assert made.rows[1][2].lines == ("cannot be measured",)
    assert any("do_no_page" in note for note in made.notes)


def test_a_process_that_was_killed_is_no_bug_and_measures_nothing() -> None:
    assert killed(-9).status == "not done" and "want of memory" in killed(-9).why
    assert killed(-11).status == "bug"
    costs = Costs((SHIPPED["fault-cached"],), (Protocol(UNFIXED), protocol("hook")))
    table = cost_table(costs, [measure(costs.tasks()[0], Options()), killed(-9)])
    assert [cell.lines for cell in table.rows[1]][2] == ("not done",)


def test_want_of_memory_is_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def starving(*words: object) -> None:
        raise MemoryError

    monkeypatch.setattr("dfsrace.study.cost.runs", starving)
    assert measured(SHIPPED["fault-cached"], protocol("hook")).status == "not done"


def test_a_fix_that_another_one_undoes_is_named() -> None:
    words = ("hook+truncate_lock", "locked_fault+invalidate_lock", "valid_flag")
    costs = Costs((SHIPPED["fault-cached"],), (Protocol(UNFIXED), *map(protocol, words)))
    table = cost_table(costs, [measure(task, Options()) for task in costs.tasks()])
    assert [note for note in table.notes if "replaced" in note] == [
        "hook+truncate_lock: do_no_page of hook is replaced by that of truncate_lock."
    ]
