# SPDX-License-Identifier: GPL-2.0-only
"""Checkpoints: a search that was ended and resumed finds what an uninterrupted one finds, or it does not resume."""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from dfsrace.engine.checkpoint import Checkpoint, CheckpointError
from dfsrace.engine.choose import explore_as_asked
from dfsrace.engine.native import Machine, explore_native, run
from dfsrace.engine.native.checkpoint import ASIDE, DIGEST, MAGIC
from dfsrace.engine.native.generate import generate
from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.outcome import Outcome
from dfsrace.engine.reference.stepping import Stepper
from dfsrace.system import System
from tests.native import test_equal
from tests.native.comparing import compared
from tests.native.test_equal import PROJECT, SHIPPED, name

ALL = Options(reductions=frozenset(REDUCTIONS))
NONE = Options(reductions=frozenset())
SEQLOCK = PROJECT / "models/textbook/seqlock-readers.yaml"  # 266,830 states of one word
# So that a level has many blocks, and a search ends in the middle of one.
SMALL_BLOCKS = ("-DBLOCK_SUCCESSORS=300", "-DLEAST_BLOCK=4", "-DFEW_SUCCESSORS=8")
VIOLATED = PROJECT / "models/shared-write/with-token-unfixed.yaml"  # violated, pools, stamps, states of several words


@cache
def load(file: Path) -> System:
    return test_equal.load(file)


def found(outcome: Outcome) -> Outcome:
    return replace(compared(outcome), note="")


def after(slices: int) -> Callable[[], bool]:
    """Asks to stop when it has been asked so often."""
    asked = count()
    return lambda: next(asked) >= slices


def ended(file: Path, model: Path, options: Options, machine: Machine, slices: int = 5) -> Outcome:
    """A search that is ended early and leaves a checkpoint."""
    options = replace(options, interrupted=after(slices), checkpoint=Checkpoint(file))
    return explore_native(load(model), options, replace(machine, slice=0.0))


def resumed(file: Path, model: Path, options: Options, machine: Machine) -> Outcome:
    return explore_native(load(model), replace(options, checkpoint=Checkpoint(file, resume=True)), machine)


# ---- the same is found


@pytest.mark.parametrize("file", SHIPPED, ids=name)
def test_every_shipped_model_resumes(file: Path, tmp_path: Path, quick: Machine) -> None:
    for options in (NONE, ALL):
        whole = explore_native(load(file), options, quick)
        kept = tmp_path / f"kept{len(options.reductions)}"
        ended(kept, file, options, quick, max(1, whole.depth // 2))
        assert found(resumed(kept, file, options, quick)) == found(whole)


@pytest.mark.parametrize(("before", "later"), [(1, 1), (1, 2), (2, 1), (5, 2), (2, 5)])
@pytest.mark.parametrize("model", [SEQLOCK, VIOLATED], ids=name)
def test_with_any_number_of_threads(model: Path, before: int, later: int, tmp_path: Path, quick: Machine) -> None:
    machine = replace(quick, runtime_flags=SMALL_BLOCKS)
    whole = explore_native(load(model), NONE, quick)
    for number, slices in enumerate((45, 301, 900) if model == SEQLOCK else (10, 30, 45)):
        kept = tmp_path / str(number)
        part = ended(kept, model, NONE, replace(machine, threads=before), slices)
        assert 0 < part.states < whole.states and "--resume" in part.note
        assert found(resumed(kept, model, NONE, replace(machine, threads=later))) == found(whole)


def test_a_search_that_is_ended_after_every_block_gets_on(tmp_path: Path, quick: Machine) -> None:
    whole, kept = explore_native(load(VIOLATED), ALL, quick), tmp_path / "kept"
    outcome = ended(kept, VIOLATED, ALL, quick, 1)
    pieces = 1
    while not outcome.complete:
        options = replace(ALL, interrupted=after(1), checkpoint=Checkpoint(kept, resume=True))
        outcome = explore_native(load(VIOLATED), options, replace(quick, slice=0.0, threads=pieces % 2 + 1))
        pieces += 1
    assert found(outcome) == found(whole) and pieces > whole.depth


def test_a_trace_goes_through_both_halves_of_the_log(tmp_path: Path, quick: Machine) -> None:
    options = replace(NONE, minimise=0)
    whole = explore_native(load(VIOLATED), options, quick)
    steps = min(violation.steps or 0 for violation in whole.violations)
    assert steps > 6
    for slices in (3, steps // 2, steps - 2):
        kept = tmp_path / str(slices)
        assert not ended(kept, VIOLATED, options, quick, slices).violations
        again = resumed(kept, VIOLATED, options, quick)
        assert found(again) == found(whole) and not again.violations[0].switches_minimised


@pytest.mark.parametrize("states", [2, 1000, 94_151, 94_152, 200_000])
def test_after_a_bound_on_states(states: int, tmp_path: Path, quick: Machine) -> None:
    quick = replace(quick, runtime_flags=SMALL_BLOCKS)
    whole, kept = explore_native(load(SEQLOCK), NONE, quick), tmp_path / "kept"
    bounded = replace(NONE, states=states, checkpoint=Checkpoint(kept))
    assert explore_native(load(SEQLOCK), bounded, replace(quick, threads=2)).states == states
    more = replace(NONE, states=states + 5000)
    assert found(resumed(kept, SEQLOCK, more, quick)) == found(explore_native(load(SEQLOCK), more, quick))
    assert found(resumed(kept, SEQLOCK, NONE, quick)) == found(whole)


@pytest.mark.parametrize("flags", [(), SMALL_BLOCKS, ("-DWHOLE_STATES",), ("-DTEST_COLLIDE",)], ids=" ".join)
def test_after_memory_ran_out(
    flags: tuple[str, ...], tmp_path: Path, quick: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "used", lambda: 0)
    machine = replace(quick, runtime_flags=flags, threads=2)
    whole = explore_native(load(SEQLOCK), NONE, machine)
    reached = set()
    for number, memory in enumerate(range(1_500_000, 4_800_000, 400_000)):
        kept = tmp_path / f"kept{number}"
        part = explore_native(load(SEQLOCK), replace(NONE, memory=memory, checkpoint=Checkpoint(kept)), machine)
        assert part.stopped_by is not None and part.stopped_by.kind == "memory" and "--resume" in part.note
        reached.add(part.states)
        assert found(resumed(kept, SEQLOCK, NONE, machine)) == found(whole)
    assert len(reached) > 3


def test_at_intervals_and_never_when_everything_was_visited(tmp_path: Path, quick: Machine) -> None:
    ticks, kept = count(), tmp_path / "kept"
    told = []
    options = replace(
        NONE,
        clock=lambda: float(next(ticks)),
        checkpoint=Checkpoint(kept, every=20.0),
        progress=lambda progress: told.append(kept.stat().st_mtime_ns),
    )
    whole = explore_native(load(SEQLOCK), options, replace(quick, slice=0.0))
    assert whole.complete and whole.note == ""
    assert 3 < len(set(told)) < len(told) / 3
    assert not list(tmp_path.glob(f"*{ASIDE}"))
    assert found(resumed(kept, SEQLOCK, NONE, quick)) == found(whole)


def test_writing_takes_no_memory_to_speak_of(tmp_path: Path, quick: Machine) -> None:
    if not os.access("/proc/self/clear_refs", os.W_OK):
        pytest.skip("the system does not tell the most memory that was used")
    program = (
        "import sys, os\n"
        "from pathlib import Path\n"
        "from tests.native.test_checkpoint import *\n"
        "from dfsrace.engine.native.checkpoint import Keeper\n"
        "def size(key):\n"
        "    return int(next(l for l in open('/proc/self/status') if l.startswith(key)).split()[1]) << 10\n"
        "def keep(self, native, clock):\n"
        "    Path('/proc/self/clear_refs').write_text('5')\n"
        "    before = size('VmRSS')\n"
        "    self._write(native)\n"
        "    print(size('VmHWM') - before, self.wanted.file.stat().st_size)\n"
        "Keeper.keep = keep\n"
        "folder = Path(sys.argv[1])\n"
        "machine = Machine(Path(sys.argv[2]), quick=True)\n"
        "options = replace(NONE, states=260_000, checkpoint=Checkpoint(folder / 'kept'))\n"
        "explore_native(load(SEQLOCK), options, machine)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(quick.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT)
    assert not done.returncode, done.stderr
    taken, size = map(int, done.stdout.split())
    assert taken < 2 << 20 < size


# ---- or nothing is resumed


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, quick: Machine) -> bytes:
    file = tmp_path_factory.mktemp("kept") / "kept"
    ended(file, VIOLATED, ALL, quick, 12)
    return file.read_bytes()


def refusal(data: bytes, tmp_path: Path, machine: Machine, options: Options = ALL, model: Path = VIOLATED) -> str:
    file = tmp_path / "refused"
    file.write_bytes(data)
    with pytest.raises(CheckpointError) as caught:
        resumed(file, model, options, machine)
    assert file.read_bytes() == data
    return str(caught.value)


def test_another_search_is_refused_and_what_changed_is_said(kept: bytes, tmp_path: Path, quick: Machine) -> None:
    for options, said in (
        (NONE, "it was written with --reduce 'pools,stamps,threads', not none"),
        (replace(ALL, first=True), "it was written without --first"),
        (replace(ALL, properties=frozenset()), "the properties in force were"),
        (replace(ALL, minimise=5), "the second search was limited to 2000000 states, not 5"),
    ):
        assert said in refusal(kept, tmp_path, quick, options)
    assert "properties in force" in refusal(kept, tmp_path, quick, model=SEQLOCK)


def test_another_model_or_version_is_refused(tmp_path: Path, quick: Machine) -> None:
    file = tmp_path / "kept"
    mine = Checkpoint(file, version="1.0", model="aa")
    options = replace(ALL, checkpoint=mine, interrupted=after(3))
    explore_native(load(VIOLATED), options, replace(quick, slice=0.0))
    for other, said in (
        (replace(mine, version="1.1"), "it was written by dfsrace '1.0', and this is '1.1'"),
        (replace(mine, model="ab"), "the model has changed since"),
    ):
        with pytest.raises(CheckpointError, match=said):
            explore_native(load(VIOLATED), replace(ALL, checkpoint=replace(other, resume=True)), quick)


def test_a_file_that_is_cut_short_or_changed_is_refused(kept: bytes, tmp_path: Path, quick: Machine) -> None:
    source = random.Random(4)
    for size in (*range(40), *source.sample(range(40, len(kept)), 30), len(kept) - 1):
        assert "is no checkpoint" in (said := refusal(kept[:size], tmp_path, quick)) or "is damaged" in said
    for at in source.sample(range(len(MAGIC) + 4, len(kept)), 60):
        changed = bytearray(kept)
        changed[at] ^= 1 << source.randrange(8)
        assert "is damaged" in refusal(bytes(changed), tmp_path, quick)
    assert "is damaged" in refusal(kept + b"\0", tmp_path, quick)


def test_what_is_no_checkpoint_is_refused(tmp_path: Path, quick: Machine) -> None:
    assert "is no checkpoint of dfsrace" in refusal(VIOLATED.read_bytes(), tmp_path, quick)
    assert "is no checkpoint of dfsrace" in refusal(b"", tmp_path, quick)
    for head in (b"[]", b"{", b"[" * 100_000, b"\xff"):
        assert "its head cannot be read" in refusal(signed(head, b""), tmp_path, quick)
    assert "it was written by dfsrace None" in refusal(signed(b"{}", b""), tmp_path, quick)
    os.mkfifo(tmp_path / "pipe")
    for place, said in (("nowhere", "no such file"), (".", "is no file"), ("pipe", "is no file")):
        with pytest.raises(CheckpointError, match=said):
            resumed(tmp_path / place, VIOLATED, ALL, quick)


def signed(head: bytes, body: bytes) -> bytes:
    """A file with a checksum that is right."""
    data = MAGIC + struct.pack("<I", len(head)) + head + body
    return data + sha256(data).digest()


def parts(kept: bytes) -> tuple[bytes, bytes]:
    length = int.from_bytes(kept[len(MAGIC) : len(MAGIC) + 4], "little")
    start = len(MAGIC) + 4 + length
    return kept[len(MAGIC) + 4 : start], kept[start:-DIGEST]


def test_numbers_in_a_file_are_compared_with_its_size_before_memory_is_taken(
    kept: bytes, tmp_path: Path, quick: Machine
) -> None:
    head, body = parts(kept)
    assert json.loads(head)["words"] > 1
    for at in range(0, 5 * 8, 8):  # what is known
        wrong = body[:at] + struct.pack("<Q", 77) + body[at + 8 :]
        assert "is damaged" in refusal(signed(head, wrong), tmp_path, quick)
    for at in (5, 7, 8, 9):  # states, depth, position, pool
        for number in (2**63, 2**64 - 1, 2**40, 2**32):
            wrong = body[: 8 * at] + struct.pack("<Q", number) + body[8 * at + 8 :]
            assert "is damaged" in refusal(signed(head, wrong), tmp_path, quick)
    for size in range(0, len(body), len(body) // 50):
        assert "is damaged" in refusal(signed(head, body[:size]), tmp_path, quick)
    assert "is damaged" in refusal(signed(head, body + body[-8 * json.loads(head)["words"] :]), tmp_path, quick)


def test_what_is_no_state_is_not_explored(tmp_path: Path, quick: Machine) -> None:
    """Each field of a state in turn too large, everywhere in the file, with a right checksum."""
    file, system = tmp_path / "kept", load(VIOLATED)
    ended(file, VIOLATED, NONE, quick, 3)
    head, body = parts(file.read_bytes())
    generated = generate(system, None, NONE.reductions)
    layout, size = generated.layout, 8 * generated.words
    start = next(s.state for s in Stepper(system).starts() if s.state is not None)
    state = layout.encode(start.cells, start.nodes, start.locals)
    assert body.count(state.to_bytes(size, "little")) >= 2
    fields = [(bits, layout.largest(c.type)) for bits, c in zip(layout.cells, layout.memory.cells, strict=True)]
    fields += [(thread.place, len(thread.nodes) - 1) for thread in layout.threads]
    wrong = {state & ~bits.mask | bits.ones << bits.shift for bits, largest in fields if bits.ones > largest}
    finished = [state & ~thread.block.mask for thread in layout.threads]  # and no locals then
    wrong |= {s | t.block.mask & ~t.place.mask for s, t in zip(finished, layout.threads, strict=True)}
    wrong |= {state | 1 << bit for bit in range(layout.bits, 64 * generated.words)}
    assert len(wrong) > 20
    for other in sorted(wrong):
        forged = body.replace(state.to_bytes(size, "little"), other.to_bytes(size, "little"))
        assert "what is in it is no search of this model" in refusal(signed(head, forged), tmp_path, quick, NONE)


# ---- files


def test_a_file_that_is_there_is_not_written_over(kept: bytes, tmp_path: Path, quick: Machine) -> None:
    for data in (kept, b"a letter"):
        file = tmp_path / "there"
        file.write_bytes(data)
        with pytest.raises(CheckpointError, match="is there already: --resume goes on from it, or remove it"):
            ended(file, VIOLATED, ALL, quick)
        assert file.read_bytes() == data
    (tmp_path / "empty").touch()
    ended(tmp_path / "empty", VIOLATED, ALL, quick)
    (tmp_path / f"new{ASIDE}").write_text("a letter")
    with pytest.raises(CheckpointError, match="is in the way"):
        ended(tmp_path / "new", VIOLATED, ALL, quick)
    assert (tmp_path / f"new{ASIDE}").read_text() == "a letter"
    with pytest.raises(CheckpointError, match=r"cannot write the checkpoint .*: no such file"):
        ended(tmp_path / "nowhere" / "new", VIOLATED, ALL, quick)


def test_what_a_killed_process_left_is_used_again(kept: bytes, tmp_path: Path, quick: Machine) -> None:
    for left in (b"", kept[:5], kept[:1000]):
        file = tmp_path / str(len(left))
        Path(f"{file}{ASIDE}").write_bytes(left)
        ended(file, VIOLATED, ALL, quick)
        assert not Path(f"{file}{ASIDE}").exists()
        resumed(file, VIOLATED, ALL, quick)


def test_a_full_disk_leaves_the_old_checkpoint_and_the_search_goes_on(
    tmp_path: Path, quick: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, whole = tmp_path / "kept", explore_native(load(VIOLATED), ALL, quick)
    ended(file, VIOLATED, ALL, quick, 3)
    before = file.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dfsrace.engine.native.checkpoint.os.fsync", full)
    options = replace(ALL, checkpoint=Checkpoint(file, every=1e-9, resume=True))
    outcome = explore_native(load(VIOLATED), options, replace(quick, slice=0.0))
    assert "cannot write the checkpoint" in outcome.note and "no space left on device" in outcome.note
    assert found(outcome) == found(whole)
    assert file.read_bytes() == before and not list(tmp_path.glob(f"*{ASIDE}"))


def test_a_bound_that_the_checkpoint_has_passed_is_an_error(tmp_path: Path, quick: Machine) -> None:
    ended(tmp_path / "kept", SEQLOCK, NONE, quick, 60)
    with pytest.raises(CheckpointError, match="states already, more than the bound of 100"):
        resumed(tmp_path / "kept", SEQLOCK, replace(NONE, states=100), quick)


def test_memory_that_a_checkpoint_needs_is_not_taken_where_there_is_none(
    tmp_path: Path, quick: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(tmp_path / "kept", SEQLOCK, NONE, quick, 70)
    monkeypatch.setattr(run, "used", lambda: 0)
    with pytest.raises(CheckpointError, match="there is not enough memory for it"):
        resumed(tmp_path / "kept", SEQLOCK, replace(NONE, memory=1 << 20), quick)


def test_the_reference_engine_writes_none(tmp_path: Path) -> None:
    options = replace(ALL, engine="reference", checkpoint=Checkpoint(tmp_path / "kept"))
    with pytest.raises(CheckpointError, match="the reference engine writes no checkpoints"):
        explore_as_asked(load(VIOLATED), options)
