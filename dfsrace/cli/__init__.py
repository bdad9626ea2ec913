# SPDX-License-Identifier: GPL-2.0-only
"""The command line (floor 11): the only place that prints, decides exit codes, and reads the environment."""

from __future__ import annotations

import gc
import sys

# Objects made between two looks for garbage. What starting makes stays, and states are no garbage either.
OBJECTS = 100_000


def main() -> None:
    """The command `dfsrace`: runs it and ends the process with its exit code, also if Ctrl-C comes this early."""
    gc.set_threshold(OBJECTS, *gc.get_threshold()[1:])
    try:
        from dfsrace.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
