# SPDX-License-Identifier: GPL-3.0-or-later
"""PLY: the Polygon File Format of G. Turk, 1994, binary, with vertices alone."""

from __future__ import annotations

import sys

import numpy as np

from ..geometry.surface import Surface

_TYPES = {"f4": "float", "u1": "uchar"}


def encode_ply(vertices: np.ndarray, comments: tuple[str, ...] = ()) -> bytes:
    """A file of the structured array ``vertices`` (N,), fields float32 or uint8, in their order."""
    assert vertices.dtype.names is not None
    lines = ["ply", "format binary_little_endian 1.0", *(f"comment {c}" for c in comments)]
    lines.append(f"element vertex {len(vertices)}")
    for name in vertices.dtype.names:
        lines.append(f"property {_TYPES[vertices.dtype[name].str[1:]]} {name}")
    head = "\n".join([*lines, "end_header", ""]).encode("ascii")
    little = vertices if sys.byteorder == "little" else vertices.byteswap()
    return head + np.ascontiguousarray(little).tobytes()


def point_vertices(relief: Surface, colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """(N,) of x, y, z, nx, ny, nz and red, green, blue, alpha, as MeshLab and CloudCompare read
    them.

    colours: uint8 (N, 3), sRGB; alpha: uint8 (N,).
    """
    kind = [(n, "f4") for n in ("x", "y", "z", "nx", "ny", "nz")]
    kind += [(n, "u1") for n in ("red", "green", "blue", "alpha")]
    vertices = np.empty(len(relief.points), kind)
    for i, axis in enumerate("xyz"):
        vertices[axis] = relief.points[:, i]
        vertices[f"n{axis}"] = relief.normals[:, i]
    for i, name in enumerate(("red", "green", "blue")):
        vertices[name] = colours[:, i]
    vertices["alpha"] = alpha
    return vertices
