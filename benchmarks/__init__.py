# SPDX-License-Identifier: GPL-2.0-only
"""What scripts/bench measures with: models, the same models written for SPIN, and the runs side by side."""
