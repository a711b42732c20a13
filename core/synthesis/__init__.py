# SPDX-License-Identifier: GPL-3.0-or-later
"""The fast path: a picture and its depth to one eye's picture, without a render."""

from .warp import Behind, render_eye

__all__ = ["Behind", "render_eye"]
