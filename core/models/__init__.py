# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of depth models without running them: files, settings, presets, the registry.

Needs Python alone, so that Blender's own process can list models; ``core.depth`` runs them.
"""

from .registry import ENTRY, Entry, Registry, data_folder
from .settings import PRESETS, Settings, preset
from .sources import Source, find_source

__all__ = [
    "ENTRY",
    "PRESETS",
    "Entry",
    "Registry",
    "Settings",
    "Source",
    "data_folder",
    "find_source",
    "preset",
]
