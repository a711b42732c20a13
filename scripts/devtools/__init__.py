# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools behind scripts/dev.py. Standard library only at import: they start on a bare Python."""
