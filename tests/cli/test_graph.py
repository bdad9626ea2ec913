# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace graph`: every view in every format, and clear words where there is nothing to draw."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
from pathlib import Path
from xml.etree.ElementTree import fromstring

import networkx as nx
import pytest

from dfsrace.cli.graph_drawing import VIEWS
from tests.cli.running import DEADLOCK, ENDLESS, HOLDS, LOST, environment, model
from tests.cli.running import dfsrace as run
from tests.cli.test_interrupts import interrupted_while_searching

TEXTS = ("svg", "dot", "mmd", "graphml", "gexf", "json")
LONG = """\
model: Four threads for 200 steps
types:
  Item: pool(6)
  Cpu: cpu[0..3]
state:
  slot[Cpu]: Item | None
  turn: 0..1
  lock: spinlock
procedures: |
  def work(me: Cpu):
      while True:
          with lock:
              turn = 1
              slot[me] = alloc(Item)
threads: {a: work(cpu0), b: work(cpu1), c: work(cpu2), d: work(cpu3)}
"""


def in_one_process(folder: Path, *commands: tuple[str, ...], seed: str = "0") -> None:
    """Runs several command lines one after another in one process: a start costs more than a drawing."""
    script = (
        "import ast, sys; from dfsrace.cli.app import run\n"
        "for words in ast.literal_eval(sys.stdin.read()):\n"
        "    if run(list(words)) != 0: sys.exit(' '.join(words))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        cwd=folder,
        input=repr(commands),
        env=environment(PYTHONHASHSEED=seed),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def read(path: Path) -> int:
    """How many nodes, or elements, a file has; its reader refuses what is no such file."""
    text = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".svg":
            return len(list(fromstring(text).iter()))
        case ".graphml":
            return len(nx.parse_graphml(text, force_multigraph=True))
        case ".gexf":
            return len(nx.read_gexf(io.BytesIO(text.encode())))
        case ".json":
            return len(nx.node_link_graph(json.loads(text), edges="edges"))
    assert text.startswith(("digraph ", "flowchart ", "sequenceDiagram"))
    return text.count("\n")


def test_every_view_is_written_in_every_format_with_the_same_bytes_whatever_python_hashes_to(tmp_path: Path) -> None:
    name = "2003-unfixed/local-truncate"
    commands = [("graph", name, "-o", f"{view}.{form}", "--view", view) for view in VIEWS for form in TEXTS]
    made = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        in_one_process(folder, *commands, seed=seed)
        assert all(read(path) > 5 for path in folder.iterdir())
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert len(made[0]) == 24
    assert [name for name in made[0] if made[0][name] != made[1][name]] == []


@pytest.mark.parametrize(("form", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF-")])
def test_images_are_made_of_the_svg(tmp_path: Path, form: str, magic: bytes) -> None:
    done = run("graph", model(tmp_path, LOST), "-o", f"x.{form}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / f"x.{form}").read_bytes().startswith(magic)


def test_the_format_is_the_endings_or_the_options(tmp_path: Path) -> None:
    file = model(tmp_path, LOST)
    assert run("graph", file, "-o", "x.GV", cwd=tmp_path).returncode == 0
    assert (tmp_path / "x.GV").read_text().startswith("digraph ")
    done = run("graph", file, "-o", "x", "--format", "mmd", "--view", "vm", cwd=tmp_path)
    assert done.returncode == 0 and (tmp_path / "x").read_text().startswith("flowchart ")
    done = run("graph", file, "-o", "-", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0 and len(json.loads(done.stdout)["edges"]) == 4


def test_the_property_and_the_step_choose_what_is_shown(tmp_path: Path) -> None:
    name = "2003-truncate-lock/seed-question"
    wanted = ("--property", "no_pte_maps_stale_page", "--format", "json", "-o", "-")
    done = run("graph", name, *wanted, cwd=tmp_path)
    assert json.loads(done.stdout)["graph"]["violated"] == "no_pte_maps_stale_page, no_pte_maps_truncated_page"
    assert done.stderr == ""
    done = run("graph", name, *wanted, "--view", "vm", "--step", "13", cwd=tmp_path)
    assert json.loads(done.stdout)["graph"]["text"] == "mm.pte[index] = page"
    done = run("graph", name, *wanted[2:], cwd=tmp_path)
    assert json.loads(done.stdout)["graph"]["violated"] == "no_pte_maps_truncated_page"
    assert "--property shows what else is violated: no_pte_maps_stale_page" in done.stderr


def test_automatic_properties_are_named_with_blanks_or_dashes(tmp_path: Path) -> None:
    name = "2003-nopage-under-page-table-lock/local-truncate"
    for word in ("sleeping while atomic", "sleeping-while-atomic"):
        assert run("graph", name, "-o", "x.dot", "--property", word, cwd=tmp_path).returncode == 0


def test_a_schedule_is_drawn_though_nothing_is_violated(tmp_path: Path) -> None:
    file = model(tmp_path, HOLDS)
    in_one_process(tmp_path, *(("graph", str(file), "-o", f"x.{form}", "--schedule", "a*3") for form in TEXTS))
    assert "✗" not in (tmp_path / "x.mmd").read_text() + (tmp_path / "x.dot").read_text()


def test_a_model_that_holds_has_states_to_be_drawn(tmp_path: Path) -> None:
    done = run("graph", model(tmp_path, HOLDS), "-o", "-", "--format", "json", "--view", "states", cwd=tmp_path)
    data = json.loads(done.stdout)
    assert done.returncode == 0 and not any(edge["path"] for edge in data["edges"])
    done = run("graph", model(tmp_path, LOST), "-o", "-", "--format", "json", "--view", "states", cwd=tmp_path)
    assert sum(edge["path"] for edge in json.loads(done.stdout)["edges"]) == 4


def test_reductions_are_as_asked(tmp_path: Path) -> None:
    name, wanted = "textbook/lost-update", ("-o", "-", "--format", "json", "--view", "states")
    sizes = [
        json.loads(run("graph", name, *wanted, "--reduce", which, cwd=tmp_path).stdout)["graph"]["states"]
        for which in ("all", "none")
    ]
    assert sizes == [8, 12]


REFUSED = [
    (("-o", "x"), "does not say the format; it may end in .svg"),
    (("-o", "x.svgg"), "did you mean svg"),
    (("-o", "x.svg", "--format", "jpg"), "there is no format 'jpg'"),
    (("-o", "-"), "say how to write it: --format svg|"),
    ((), "say where to write it: -o FILE"),
    (("-o", "x.svg", "--view", "all"), "'all' is not one of 'lanes', 'film', 'vm', 'states'"),
    (("-o", "x.svg", "--step", "1"), "--step goes with --view vm"),
    (("-o", "x.svg", "--view", "vm", "--step", "9"), "--step 9: the interleaving has the steps 0 (at first) to 4"),
    (("-o", "x.svg", "--view", "vm", "--step", "-1"), "is no integer of 0 or more"),
    (("-o", "x.svg", "--layout", "layers"), "--layout goes with --view states"),
    (("-o", "x.svg", "--property", "nothing"), "the model has no property 'nothing'"),
    (("-o", "x.svg", "--property", "deadlock"), "'deadlock' is not violated, so there is no counterexample to draw"),
    (("-o", "x.svg", "--schedule", "c"), "--schedule: step 1: there is no thread c; possible: a, b"),
    (("-o", "x.svg", "--schedule", "a*0"), "--schedule: a count is 1 or more"),
    (("-o", "x.svg", "--schedule", "a", "--property", "both_count"), "does not lead to a violation of 'both_count'"),
    (("-o", "x.svg", "--view", "states", "--states", "3"), "there are more than 3 states; raise --states N"),
    (("-o", "x.svg", "--view", "states", "--nodes", "3"), "raise --nodes N"),
    (("-o", "m.yaml", "--format", "svg"), "-o would write over the model"),
    (("-o", "none/x.svg"), "cannot write 'none/x.svg': no such file or directory"),
    (("-o", "."), "does not say the format"),
    (("-o", ".", "--format", "svg"), "cannot write '.': is a folder"),
]


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, str, list[str], str]]:
    """What all of them come to, run in one process: exit code, standard error, files there then, the model then."""
    folder = tmp_path_factory.mktemp("refused")
    file = model(folder, LOST)
    script = (
        "import ast, contextlib, io, os, sys; from dfsrace.cli.app import run\n"
        "found = []\n"
        "for words in ast.literal_eval(sys.stdin.read()):\n"
        "    with contextlib.redirect_stderr(io.StringIO()) as said:\n"
        "        code = run(['graph', 'm.yaml', *words])\n"
        "    found.append((code, said.getvalue(), os.listdir(), open('m.yaml').read()))\n"
        "print(found)\n"
    )
    given = repr([arguments for arguments, _ in REFUSED])
    command = [sys.executable, "-P", "-c", script]
    done = subprocess.run(
        command, cwd=folder, input=given, env=environment(), capture_output=True, text=True, check=True
    )
    assert file.exists()
    found: list[tuple[int, str, list[str], str]] = ast.literal_eval(done.stdout)
    return found


@pytest.mark.parametrize("place", range(len(REFUSED)), ids=[" ".join(arguments) for arguments, _ in REFUSED])
def test_bad_use_gets_a_clear_error_and_leaves_no_file(
    place: int, refused: list[tuple[int, str, list[str], str]]
) -> None:
    code, said, files, text = refused[place]
    assert code == 2 and REFUSED[place][1] in said, said
    assert files == ["m.yaml"] and text == LOST


def test_nothing_violated_says_what_can_be_drawn_instead(tmp_path: Path) -> None:
    done = run("graph", model(tmp_path, HOLDS), "-o", "x.svg", cwd=tmp_path)
    assert done.returncode == 2 and "nothing is violated" in done.stderr
    assert "--view states" in done.stderr and "--schedule" in done.stderr
    unmet = HOLDS + "reach:\n  never: x == 0 and x == 1\n"
    done = run("graph", model(tmp_path, unmet), "-o", "x.svg", cwd=tmp_path)
    assert done.returncode == 2 and "'never' is never true" in done.stderr
    assert not (tmp_path / "x.svg").exists()


def test_what_only_the_search_for_states_finds_wrong_with_a_model_is_said_as_check_says_it(tmp_path: Path) -> None:
    text = "model: m\nstate: {x: 0..1 = 1, y: bool}\nthreads: {a: x = 0, b: y = True}\ninvariants: {p: 1 // x == 1}\n"
    words = ("-o", "x.dot", "--view", "states", "--schedule", "b")
    done = run("graph", model(tmp_path, text), *words, cwd=tmp_path)
    assert done.returncode == 2 and "DR612" in done.stderr and not (tmp_path / "x.dot").exists()


def test_an_old_file_stays_where_nothing_can_be_drawn(tmp_path: Path) -> None:
    (tmp_path / "x.svg").write_text("old")
    assert run("graph", model(tmp_path, HOLDS), "-o", "x.svg", cwd=tmp_path).returncode == 2
    assert (tmp_path / "x.svg").read_text() == "old"


def test_too_much_for_mermaid_says_what_else(tmp_path: Path) -> None:
    done = run("graph", "textbook/mcs-lock", "-o", "x.mmd", "--view", "states", cwd=tmp_path)
    assert done.returncode == 2 and "too much for Mermaid" in done.stderr and not (tmp_path / "x.mmd").exists()


def test_without_graphviz_states_are_laid_out_in_layers_and_it_says_so(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    script = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'pygraphviz' else find(name, *rest)\n"
        "from dfsrace.cli.app import run; sys.exit(run(sys.argv[1:]))"
    )
    command = [
        sys.executable,
        "-P",
        "-c",
        script,
        "graph",
        str(model(tmp_path, LOST)),
        "-o",
        "x.svg",
        "--view",
        "states",
    ]
    done = subprocess.run(command, cwd=hidden, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "pip install 'dfsrace[graphviz]'" in done.stderr
    assert "FILE.dot" in done.stderr and "FILE.mmd" in done.stderr and read(hidden / "x.svg") > 5
    done = subprocess.run(
        [*command, "--layout", "layers"], cwd=hidden, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and done.stderr == ""
    (hidden / "x.svg").unlink()
    done = subprocess.run(
        [*command, "--layout", "graphviz"], cwd=hidden, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "Graphviz is not installed" in done.stderr and not (hidden / "x.svg").exists()


def test_two_hundred_steps_of_four_threads_are_drawn(tmp_path: Path) -> None:
    file = str(model(tmp_path, LONG))
    views = ("lanes", "film", "vm")
    commands = [
        ("graph", file, "-o", f"{view}.{form}", "--view", view, "--schedule", "a*5 b*5 c*5 d*5 " * 10)
        for view in views
        for form in TEXTS
    ]
    in_one_process(tmp_path, *commands)
    assert all(read(tmp_path / f"{view}.{form}") > 5 for view in views for form in TEXTS)
    assert len(nx.parse_graphml((tmp_path / "lanes.graphml").read_text())) == 201


def test_foreign_text_of_a_model_is_no_markup_in_any_file(tmp_path: Path) -> None:
    text = LOST.replace("Two increments under a lock", "'<script>alert(1)</script> \"]; x -> y; &lt;b&gt;'")
    file = str(model(tmp_path, text, "<b>&amp;.yaml"))
    views = ("lanes", "states")
    in_one_process(
        tmp_path, *(("graph", file, "-o", f"{view}.{form}", "--view", view) for view in views for form in TEXTS)
    )
    for path in (tmp_path / f"{view}.{form}" for view in views for form in TEXTS):
        assert read(path) > 3
        if path.suffix not in (".json", ".dot"):
            assert "<script>" not in path.read_text()


@pytest.mark.parametrize("how", [(), ("--view", "states"), ("--view", "states", "--schedule", "t0")])
def test_an_interrupt_ends_the_search_and_leaves_no_file(tmp_path: Path, how: tuple[str, ...]) -> None:
    """The search for a counterexample, for one to mark, and that for the states."""
    file = model(tmp_path, ENDLESS.replace("LIMIT: 255", "LIMIT: 300"))
    words = ("graph", str(file), "-o", "x.svg", "--states", "90_000_000", *how)
    code, out, _ = interrupted_while_searching(*words, cwd=tmp_path)
    assert (code, out) == (3, "") and [path.name for path in tmp_path.iterdir()] == ["m.yaml"]


def test_a_deadlock_is_drawn_with_who_waits(tmp_path: Path) -> None:
    assert run("graph", model(tmp_path, DEADLOCK), "-o", "x.dot", cwd=tmp_path).returncode == 0
    assert "waits for b" in (tmp_path / "x.dot").read_text()
