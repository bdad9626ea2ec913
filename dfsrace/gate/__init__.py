# SPDX-License-Identifier: GPL-2.0-only
"""Many models against what they expect, and the forms in which CI systems read the result."""
