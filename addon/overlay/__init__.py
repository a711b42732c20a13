# SPDX-License-Identifier: GPL-3.0-or-later
"""What is drawn over the 3D View: the limits of comfort before the stereo camera.

shapes.py makes lines and triangles out of numbers, cells.py keeps the frame's depth at hand,
view.py draws. Nothing of it is registered in background.
"""

from . import view

MODULES = (view,)
