# SPDX-License-Identifier: GPL-2.0-only
"""One measured process."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class Failed(Exception):
    """A process ended otherwise than it has to; the message says how."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A process that ended: wall seconds, processor seconds, bytes of memory at its peak, what it wrote on stdout.

    The peak is the kernel's `ru_maxrss` of that process alone, the interpreter included where there is one. Linux lets
    a process begin with the peak of the one that started it: what is below `own_peak` cannot be told.
    """

    seconds: float
    processor: float
    peak: int
    output: str


def own_peak() -> int:
    """The peak of this process: the least that `measured` can see."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def measured(
    command: Sequence[str | Path],
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
    accepted: Collection[int] = (0,),
) -> Ran:
    """Runs a command to its end. Raises Failed where its exit code is not among those accepted."""
    words = [str(word) for word in command]
    environment = {**os.environ, **(variables or {})}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen(words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        code, usage = _waited(process)
        seconds = time.perf_counter() - start
        out.seek(0)
        err.seek(0)
        output, errors = (file.read().decode("utf-8", "replace") for file in (out, err))
    if code not in accepted:
        raise Failed(f"{' '.join(words)} exited {code}: {errors[-800:] or output[-800:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Ran(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, output)


def _waited(process: subprocess.Popen[bytes]) -> tuple[int, resource.struct_rusage]:
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        process.wait()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage
