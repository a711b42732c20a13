# SPDX-License-Identifier: GPL-3.0-or-later
"""Second Eye's core: footage to depth to stereo, without Blender. Import the rooms you need."""
