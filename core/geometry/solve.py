# SPDX-License-Identifier: GPL-3.0-or-later
"""A camera solve as plain arrays: what Blender's tracker knows, in a file that core reads."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from ..errors import SecondEyeError

SCHEMA = 1


@dataclass(frozen=True)
class CameraSolve:
    """Poses, bundles (solved tracks' places) and markers of a tracked clip of K frames.

    ``name``: of the movie clip; ``path``: its file, of a sequence the first one; ``sequence``;
    ``offset``: clip frame 1 shows the file's picture ``offset`` after the first.
    ``width``, ``height``: the pictures that were tracked, in pixels; ``focal_over_width``.
    ``error``: mean reprojection error in pixels. ``world`` (4, 4): from the solve's space to the
    scene's, a similarity.
    ``frames`` (K,): clip frames, from 1, that have a camera; ``cameras`` (K, 4, 4): from its axes
    (Blender's: looking along -z) to the solve's space.
    ``bundles`` (B, 3): places in the solve's space; ``errors`` (B,): reprojection, pixels.
    ``marker_bundle`` (M,), ``marker_frame`` (M,): whose marker it is, and in which clip frame;
    ``marker_place`` (M, 2): u, v in 0..1 of the picture as filmed, v from the bottom.
    """

    name: str
    path: str
    sequence: bool
    offset: int
    width: int
    height: int
    focal_over_width: float
    error: float
    world: np.ndarray
    frames: np.ndarray
    cameras: np.ndarray
    bundles: np.ndarray
    errors: np.ndarray
    marker_bundle: np.ndarray
    marker_frame: np.ndarray
    marker_place: np.ndarray

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all of it as one .npz."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        with Path(path).open("wb") as file:
            np.savez(file, schema=SCHEMA, **values)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> CameraSolve:
        """Read what `save` wrote. Raises SecondEyeError where it is damaged or of another kind."""
        try:
            with np.load(path, allow_pickle=False) as file:
                if int(file["schema"]) != SCHEMA:
                    raise SecondEyeError(
                        f"{path} holds a camera solve of another version of Second Eye: "
                        "press Use Camera Solve again."
                    )
                values = {
                    field.name: file[field.name].item() if not file[field.name].ndim
                    else file[field.name]
                    for field in fields(cls)
                }  # fmt: skip
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise SecondEyeError(
                f"{path} can't be read as a camera solve: press Use Camera Solve again."
            ) from error
        return cls(**values)

    @property
    def scale(self) -> float:
        """Scene units for one unit of the solve."""
        return float(abs(np.linalg.det(self.world[:3, :3])) ** (1.0 / 3.0))

    def poses(self) -> np.ndarray:
        """Rigid camera poses in the scene, float64 (K, 4, 4): rotation and place."""
        poses = self.world.astype(np.float64) @ self.cameras.astype(np.float64)
        # The nearest rotation: the world's scale goes into distances instead.
        u, _, vt = np.linalg.svd(poses[:, :3, :3])
        flip = np.sign(np.linalg.det(u @ vt))
        u[:, :, 2] *= flip[:, None]
        poses[:, :3, :3] = u @ vt
        return poses

    def sights(self) -> Sights:
        """Every marker whose bundle stands before its frame's camera, with its true distance."""
        row = {int(frame): i for i, frame in enumerate(self.frames)}
        camera = np.array([row.get(int(frame), -1) for frame in self.marker_frame], np.int64)
        bundle = self.marker_bundle.astype(np.int64)
        good = (camera >= 0) & np.isfinite(self.bundles[bundle]).all(axis=1)
        good &= self.errors[bundle] <= self._most_error()
        good &= ((self.marker_place > 0.0) & (self.marker_place < 1.0)).all(axis=1)
        camera, bundle, place = camera[good], bundle[good], self.marker_place[good]
        inverse = np.linalg.inv(self.cameras.astype(np.float64))[camera]
        seen = np.einsum("mij,mj->mi", inverse[:, :3, :3], self.bundles[bundle].astype(float))
        seen += inverse[:, :3, 3]
        z = -seen[:, 2]
        front = z > 0.0
        camera, bundle, place, seen, z = (a[front] for a in (camera, bundle, place, seen, z))
        aspect = self.width / self.height
        straight = 0.5 + self.focal_over_width * seen[:, :2] / z[:, None] * (1.0, aspect)
        return Sights(
            frame=self.frames[camera].astype(np.int64),
            bundle=bundle,
            place=place.astype(np.float64),
            distance=z * self.scale,
            bend=np.hypot(*((straight - place) * (self.width, self.height)).T),
        )

    def _most_error(self) -> float:
        """Pixels; a track that reprojects worse is not trusted. At least 3: 1 is usual."""
        errors = self.errors[np.isfinite(self.errors)]
        return max(3.0, 4.0 * float(np.median(errors))) if len(errors) else 3.0


@dataclass(frozen=True)
class Sights:
    """A bundle as one frame's camera sees it, M times.

    ``frame`` (clip frame), ``bundle``: integers; ``place`` (M, 2): u, v of its marker;
    ``distance``: along the camera's axis, scene units, > 0; ``bend``: how far, in pixels, a
    straight lens through the middle of the picture would draw it from there: the solve's error
    and the footage lens's distortion together.
    """

    frame: np.ndarray
    bundle: np.ndarray
    place: np.ndarray
    distance: np.ndarray
    bend: np.ndarray
