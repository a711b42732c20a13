# SPDX-License-Identifier: GPL-3.0-or-later
"""core.geometry.bend as nodes: the depth curve."""

from __future__ import annotations

from .nodes import Socket, Tree


def bent(t: Tree, n: Socket, bias: Socket, contrast: Socket) -> Socket:
    """The curve of a normalised inverse depth in 0..1; term by term as `bend` has it, so that a
    bias and a contrast of 0 change no bit."""
    more = t.math("MULTIPLY", n, t.math("ADD", bias, 1.0))
    less = t.math("MULTIPLY_ADD", n, t.math("ADD", bias, bias), t.math("SUBTRACT", 1.0, bias))
    biased = t.math("DIVIDE", more, less, label="Bias")
    m = t.math("MINIMUM", biased, t.math("SUBTRACT", 1.0, biased))
    more = t.math("MULTIPLY", m, t.math("SUBTRACT", 1.0, contrast))
    less = t.math("MULTIPLY", m, t.math("MULTIPLY", contrast, 4.0))
    less = t.math("SUBTRACT", t.math("ADD", contrast, 1.0), less)
    m = t.math("DIVIDE", more, less, label="Contrast")
    # One of the two, exactly: the other one times 0.
    far = t.math("LESS_THAN", biased, 0.5)
    near = t.math("MULTIPLY", t.math("SUBTRACT", 1.0, m), t.math("SUBTRACT", 1.0, far))
    return t.math("MULTIPLY_ADD", m, far, near, label="Curve")
