# SPDX-License-Identifier: GPL-3.0-or-later
"""Training: frames with known depth, made by Blender, and the loops that learn from them."""
