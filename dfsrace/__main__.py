# SPDX-License-Identifier: GPL-2.0-only
"""`python -m dfsrace`: the command line."""

from __future__ import annotations

from dfsrace.cli import main

if __name__ == "__main__":
    main()
