# SPDX-License-Identifier: GPL-2.0-only
"""Passes over transition systems (floor 4), one a file."""
