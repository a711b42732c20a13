# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist sees: one module a panel section."""

from . import detail, panels, repair, shadow_catcher, solve

MODULES = (panels, detail, solve, repair, shadow_catcher)
