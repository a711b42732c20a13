# SPDX-License-Identifier: GPL-3.0-or-later
"""What turned cameras do that shifted sensors don't: vertical parallax.

Everything else in this room is about parallel cameras with shifted sensors. Cameras that are turned
towards each other see the screen's plane as two trapezia, one the mirror image of the other.
Source: A. Woods, T. Docherty, R. Koch, "Image distortions in stereoscopic video systems",
Proc. SPIE 1915 (1993), on keystone distortion.
"""

import math


def keystone(
    interocular: float, convergence: float, focal_over_width: float, aspect: float
) -> float:
    """The vertical parallax in the corners of the screen's plane, in picture heights.

    Two cameras, half of ``interocular`` to either side, both turned to the point at ``convergence``
    (scene units); ``focal_over_width`` f/w, ``aspect`` the picture's height over its width. At the
    screen's distance C the corner lies at X = C w/2f, Y = C h/2f; an eye that is turned by t and
    stands x beside the middle sees it at the height ``f Y / (C cos t + (X - x) sin t)``.
    """
    half, turn = 0.5 * interocular, math.atan2(0.5 * interocular, convergence)
    x = 0.5 * convergence / focal_over_width
    y = 0.5 * convergence * aspect / focal_over_width

    def height(side: float) -> float:
        depth = convergence * math.cos(turn) - side * (x - side * half) * math.sin(turn)
        return focal_over_width * y / depth

    return abs(height(1.0) - height(-1.0)) / aspect
