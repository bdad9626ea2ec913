# SPDX-License-Identifier: GPL-2.0-only
"""Many models at once: fixes against scenarios, what they cost, sizes, mutants. Values in, tables as values out."""
