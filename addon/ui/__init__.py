# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist sees: one module a panel section."""

from . import panels, repair

MODULES = (panels, repair)
