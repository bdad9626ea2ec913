# SPDX-License-Identifier: GPL-2.0-only
"""Checkpoints that somebody has made up, read under sanitizers."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dfsrace.engine.checkpoint import Checkpoint, CheckpointError
from dfsrace.engine.native import Machine, explore_native
from dfsrace.engine.native.build import builder
from tests.native.test_checkpoint import ALL, VIOLATED, after, ended, load, parts, signed
from tests.native.test_equal import PROJECT


def test_a_forged_file_breaks_nothing(tmp_path: Path, quick: Machine) -> None:
    """Changed in hundreds of ways, with a right checksum, read under sanitizers: refused, or at least harmless."""
    compiler = builder(tmp_path).compiler.path
    library = subprocess.run([compiler, "-print-file-name=libasan.so"], capture_output=True, text=True).stdout.strip()
    if not Path(library).is_absolute():
        pytest.skip("the compiler has no sanitizer")
    ended(tmp_path / "kept", VIOLATED, ALL, quick, 12)
    environment = {**os.environ, "LD_PRELOAD": library, "ASAN_OPTIONS": "detect_leaks=0"}
    command = [sys.executable, "-c", "import tests.native.test_checkpoint_forged as t; t.forge()", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT, env=environment)
    assert not done.returncode, done.stderr[-3000:]
    refused, others = map(int, done.stdout.split())
    assert refused > others > 0


def forge() -> None:
    """What the test before runs in a process of its own."""
    folder, source = Path(sys.argv[1]), random.Random(5)
    head, body = parts((folder / "kept").read_bytes())
    sanitized = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g")
    machine = Machine(folder / "cache", runtime_flags=sanitized, model_flags=sanitized, quick=False)
    system, results = load(VIOLATED), [0, 0]
    for _ in range(120):
        changed = bytearray(body)
        at = source.randrange(12 * 8 if source.random() < 0.2 else len(body))
        if source.random() < 0.5:
            changed[at] ^= 1 << source.randrange(8)
        else:
            at -= at % 8
            changed[at : at + 8] = struct.pack("<Q", source.choice((0, 1, 2**64 - 1, 2**63, source.getrandbits(64))))
        file = folder / "forged"
        file.write_bytes(signed(head, bytes(changed)))
        options = replace(ALL, states=2_000_000, checkpoint=Checkpoint(file, resume=True), interrupted=after(40))
        try:
            explore_native(system, options, replace(machine, slice=0.0))
            results[1] += 1
        except CheckpointError:
            results[0] += 1
        except Exception:  # the counts and the traces may be wrong: then our own checks say so
            results[1] += 1
    print(*results)
