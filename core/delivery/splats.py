# SPDX-License-Identifier: GPL-3.0-or-later
"""A relief as 3D Gaussians, in the PLY layout that splat viewers read.

After B. Kerbl et al., "3D Gaussian Splatting for Real-Time Radiance Field Rendering", SIGGRAPH
2023, whose files hold what their optimiser works on: the logit of the opacity, the natural
logarithm of the three standard deviations, a quaternion (w, x, y, z), and the colour as
coefficients of spherical harmonics, here of degree 0, one colour from all sides. Axes are those of
COLMAP, which the viewers expect: x right, y down, looking along z.
"""

from __future__ import annotations

import numpy as np

from ..geometry.surface import Surface

SPREAD = 0.6
"""Standard deviation in distances to the next pixel: neighbours melt into a closed surface."""
FLAT = 0.1
"""Thickness, as a part of the smaller of the other two."""
OPACITY = 0.99
DEGREE_0 = 0.5 / np.sqrt(np.pi)
"""The spherical harmonic of degree 0."""
FIELDS = (
    *("x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2", "opacity"),
    *("scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"),
)


def splat_vertices(relief: Surface, colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """(N,) of `FIELDS`, float32: each point a flat Gaussian on its patch of the surface.

    colours: uint8 (N, 3), sRGB, the space in which such files are trained and shown; alpha: uint8
    (N,), the opacity's share.
    """
    along, sizes = _ellipse(relief.across, relief.upward)
    turned = np.cross(relief.normals, along)
    axes = np.stack([along, turned, relief.normals], axis=-1)
    values = np.empty((len(relief.points), len(FIELDS)), np.float32)
    values[:, 0:3] = relief.points * (1.0, -1.0, -1.0)
    values[:, 3:6] = relief.normals * (1.0, -1.0, -1.0)
    values[:, 6:9] = (colours / 255.0 - 0.5) / DEGREE_0
    opacity = OPACITY * alpha.clip(1) / 255.0
    values[:, 9] = np.log(opacity / (1.0 - opacity))
    deviations = np.maximum(SPREAD * sizes, 1e-12)
    values[:, 10:12] = np.log(deviations)
    values[:, 12] = np.log(FLAT * deviations.min(axis=1))
    w, x, y, z = quaternions(axes).T
    # Then half a turn about x, from Blender's axes to COLMAP's.
    values[:, 13:17] = np.stack([-x, w, -z, y], axis=1)
    return values.view([(name, "f4") for name in FIELDS])[:, 0]


def _ellipse(across: np.ndarray, upward: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ellipse into which the pixel's unit circle falls on the surface: the direction (N, 3) of
    its first axis, of length 1, and half the length of both axes (N, 2).

    By the singular values of the 3x2 matrix (across, upward): its columns aren't at right angles on
    a slope.
    """
    a, b, c = ((p * q).sum(axis=1) for p, q in ((across,) * 2, (across, upward), (upward,) * 2))
    angle = 0.5 * np.arctan2(2.0 * b, a - c)
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    first, second = across * cosine + upward * sine, upward * cosine - across * sine
    sizes = np.stack([np.linalg.norm(first, axis=1), np.linalg.norm(second, axis=1)], axis=1)
    return first / np.maximum(sizes[:, :1], 1e-30), sizes


def quaternions(axes: np.ndarray) -> np.ndarray:
    """(N, 4) of w >= 0, x, y, z from rotation matrices (N, 3, 3) whose columns are the axes.

    From the largest of the four components (S. W. Shepperd, "Quaternion from Rotation Matrix",
    Journal of Guidance and Control, 1978), so that none is divided by a small one.
    """
    m = axes.astype(np.float64)
    d = np.stack([m[:, 0, 0], m[:, 1, 1], m[:, 2, 2]], axis=1)
    trace = d.sum(axis=1, keepdims=True)
    # 4 times the products of the components with each other.
    products = np.empty((len(m), 4, 4))
    products[:, 0, 0] = 1.0 + trace[:, 0]
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        products[:, i + 1, i + 1] = 1.0 + 2.0 * d[:, i] - trace[:, 0]
        products[:, 0, i + 1] = products[:, i + 1, 0] = m[:, k, j] - m[:, j, k]
        products[:, i + 1, j + 1] = products[:, j + 1, i + 1] = m[:, j, i] + m[:, i, j]
    largest = np.argmax(products[:, range(4), range(4)], axis=1)
    rows = products[np.arange(len(m)), largest]
    rows *= np.where(rows[:, :1] < 0.0, -1.0, 1.0)
    result: np.ndarray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return result
