# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendered frames decoded once and kept in memory; photos without depth beside them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..errors import SecondEyeError
from .frames import SCENE_FILE, FrameRef, list_frames, read_frame

HELD_OUT = 20
"""Scenes whose seed is a multiple of this are never trained on."""


@dataclass
class Sample:
    """One picture: rgb uint8 (H, W, 3); depth uint16 (H, W) times ``unit`` = inverse depth in 1/m.

    A photo without depth has ``depth`` None.
    """

    name: str
    rgb: np.ndarray
    depth: np.ndarray | None
    unit: float
    kind: str


def held_out(ref: FrameRef) -> bool:
    return ref.seed % HELD_OUT == 0


def load_renders(root: Path, cache: Path | None, held: bool) -> list[Sample]:
    """All finished frames under ``root``, or the held-out ones, in order of name.

    With ``cache``, each scene is decoded once into ``cache/SCENE-KEY.npz``; the key tells
    scenes of one name in other folders, and a scene rendered anew, apart.
    """
    scenes: dict[Path, list[FrameRef]] = {}
    for ref in list_frames(root):
        if held_out(ref) == held:
            scenes.setdefault(ref.folder, []).append(ref)
    samples: list[Sample] = []
    for folder, refs in scenes.items():
        samples += _load_scene(folder, refs, cache)
    if not samples:
        raise SecondEyeError(f"{root} holds no finished training frames yet: render some first.")
    return samples


def _load_scene(folder: Path, refs: list[FrameRef], cache: Path | None) -> list[Sample]:
    file = cache / f"{folder.name}-{_key(folder)}.npz" if cache else None
    if file and file.exists():
        with np.load(file) as data:
            rgb, depth, unit = data["rgb"], data["depth"], data["unit"]
    else:
        frames = [read_frame(ref) for ref in refs]
        inverse = [np.maximum(f["inverse_depth"], 0) for f in frames]
        rgb = np.stack([f["rgb"] for f in frames])
        unit = np.array([max(float(d.max()), 1e-6) / 65535 for d in inverse])
        depth = np.stack(
            [np.round(d / u).astype(np.uint16) for d, u in zip(inverse, unit, strict=True)]
        )
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            temporary = file.with_suffix(".part.npz")
            np.savez(temporary, rgb=rgb, depth=depth, unit=unit)
            temporary.replace(file)
    return [
        Sample(f"{folder.name}/{r.stem}", rgb[i], depth[i], float(unit[i]), r.kind)
        for i, r in enumerate(refs)
    ]


def _key(folder: Path) -> str:
    written = (folder / SCENE_FILE).stat().st_mtime_ns
    return hashlib.sha256(f"{folder.resolve()} {written}".encode()).hexdigest()[:16]


def load_photos(folders: Iterable[Path], side: int = 480) -> list[Sample]:
    """Photos without depth, shortest side reduced to ``side`` (also at half and quarter zoom).

    A large photo also gives crops at twice the scale, so that few photos show many sizes.
    """
    samples = []
    for path in sorted(p for f in folders for p in f.iterdir() if p.suffix in (".jpg", ".png")):
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            raise SecondEyeError(f"{path} is not a picture that can be read: remove it.")
        picture = np.ascontiguousarray(picture[..., ::-1])
        for zoom in (1, 2):
            factor = side * zoom / min(picture.shape[:2])
            if zoom > 1 and factor > 1:
                continue
            sized = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            samples.append(Sample(f"{path.stem}@{zoom}", sized, None, 0.0, "photo"))
    return samples


def normalise(inverse_depth: np.ndarray) -> np.ndarray:
    """Inverse depth (H, W), 0 = sky, to the training target: far end 0, near end 1, cut at 1.5.

    The ends are the 2nd and 98th percentile of everything but the sky, which is clipped to 0: a
    bit of sky in a window must not move the whole room. The range is at least 15 % of the near
    end, so that a flat wall isn't blown up.
    """
    solid = inverse_depth[inverse_depth > 0]
    low, high = np.percentile(solid if solid.size else inverse_depth, (2, 98))
    span = max(high - low, 0.15 * high, 1e-6)
    return np.clip((inverse_depth - low) / span, 0, 1.5).astype(np.float32)
