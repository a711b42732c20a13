# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist sees: one module a panel section."""

from . import detail, edits, panels, repair, shadow_catcher, solve

MODULES = (panels, detail, edits, solve, repair, shadow_catcher)
