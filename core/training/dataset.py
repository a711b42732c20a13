# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendered frames decoded once and mapped into memory; photos without depth beside them."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from ..depth.labels import classes_of_render
from ..errors import SecondEyeError
from .decoded import Decoded, map_decoded, quantise, write_decoded
from .frames import SCENE_FILE, FrameRef, list_frames, read_frame
from .packs import PackedFrame, PackReader, list_packed, pack_key

HELD_OUT = 20
"""Scenes whose seed is a multiple of this are never trained on."""


@dataclass
class Sample:
    """One picture: rgb uint8 (H, W, 3); depth uint16 (H, W) times ``unit`` = inverse depth in 1/m;
    labels uint8 (H, W), class indices of `depth.labels`, None where nothing is known.

    A photo without depth has ``depth`` None. ``seed`` is the scene's, a photo has none.
    """

    name: str
    rgb: np.ndarray
    depth: np.ndarray | None
    unit: float
    kind: str
    labels: np.ndarray | None = None
    seed: int | None = None


def held_out(seed: int) -> bool:
    """Whether the scene of this seed is never trained on."""
    return seed % HELD_OUT == 0


def load_renders(root: Path, cache: Path | None, held: bool) -> list[Sample]:
    """All finished frames under ``root``, or the held-out ones, in order of name.

    ``root`` holds scenes as they were rendered, packs of them (`packs.write_packs`), or both. With
    ``cache``, each scene is decoded once into ``cache/SCENE-KEY.frames`` and mapped into memory
    from there; the key tells scenes of one name in other folders, and a scene rendered anew,
    apart. Samples are named ROOT/SCENE/STEM.
    """
    prefix = root.resolve().name
    scenes: dict[Path, list[FrameRef]] = {}
    for ref in list_frames(root):
        if held_out(ref.seed) == held:
            scenes.setdefault(ref.folder, []).append(ref)
    samples: list[Sample] = []
    for folder, refs in scenes.items():
        file = cache / f"{folder.name}-{_key(folder)}.frames" if cache else None
        names = [(f"{prefix}/{folder.name}/{r.stem}", r.kind, r.seed) for r in refs]
        samples += _samples(file, names, partial(_decode, refs))
    packed: dict[tuple[Path, str], list[PackedFrame]] = {}
    for frame in list_packed(root):
        if held_out(frame.seed) == held:
            packed.setdefault((frame.pack, frame.scene), []).append(frame)
    reader = PackReader()
    for (pack, scene), frames in packed.items():
        file = cache / f"{scene}-{pack_key(pack)}.frames" if cache else None
        names = [(f"{prefix}/{scene}/{f.stem}", f.kind, f.seed) for f in frames]
        samples += _samples(file, names, partial(_unpack, frames, reader))
    if not samples:
        raise SecondEyeError(f"{root} holds no finished training frames yet: render some first.")
    return samples


def _samples(
    file: Path | None, names: list[tuple[str, str, int]], decode: Callable[[], Decoded]
) -> list[Sample]:
    """Samples of one scene from its decoded file, which is made when it isn't there."""
    if file and file.exists():
        scene = map_decoded(file)
    else:
        scene = decode()
        if file:
            write_decoded(file, scene)
            scene = map_decoded(file)
    return [
        Sample(
            name, scene.rgb[i], scene.depth[i], float(scene.unit[i]), kind, scene.labels[i], seed
        )
        for i, (name, kind, seed) in enumerate(names)
    ]


def _decode(refs: list[FrameRef]) -> Decoded:
    frames = [read_frame(ref, behind=False) for ref in refs]
    depth = [quantise(f["inverse_depth"]) for f in frames]
    return _stack([f["rgb"] for f in frames], depth, [f["labels"] for f in frames])


def _unpack(frames: list[PackedFrame], reader: PackReader) -> Decoded:
    return _stack(
        [reader.rgb(f) for f in frames],
        [reader.depth(f) for f in frames],
        [reader.labels(f) for f in frames],
    )


def _stack(
    rgb: list[np.ndarray], depth: list[tuple[np.ndarray, float]], labels: list[np.ndarray]
) -> Decoded:
    return Decoded(
        np.stack(rgb),
        np.stack([d for d, _ in depth]),
        np.stack([classes_of_render(c) for c in labels]),
        np.array([unit for _, unit in depth]),
    )


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
