# SPDX-License-Identifier: GPL-3.0-or-later
"""What the synthesis network learns from: renders beside what stands behind their foreground.

Two kinds of frames teach it. Those with a hidden layer hold the truth behind the nearest things.
All others serve with holes cut by another frame's silhouettes: what is cut out is the truth.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from ..errors import SecondEyeError
from ..synthesis.band import Band, find_band
from ..synthesis.guess import first_guess
from .dataset import held_out, normalise
from .frames import SCENE_FILE, FrameRef, list_frames, read_frame

OLDEST = 3
"""Generators before this one left hidden layers black where things had stood."""
_FARTHER = 0.95  # of what hides it: so far must the hidden thing be in inverse depth at most
_PARALLAX = (0.025, 0.25)  # of the picture's width: the moves that bands are made for


@dataclass(frozen=True)
class Hidden:
    """A render and what it hides (h, w): rgb and behind_rgb uint8 (h, w, 3); true inverse depth in
    1/m, truth and behind, half floats; mask uint8, 1 where something was removed."""

    name: str
    seed: int
    rgb: np.ndarray
    truth: np.ndarray
    behind_rgb: np.ndarray
    behind: np.ndarray
    mask: np.ndarray


@dataclass(frozen=True)
class Hole:
    """One sample: colour float32 (h, w, 3) and inverse depth (h, w), both about 0..1, with a first
    guess where they aren't known; masks known, wanted (see `SynthesisNetwork`) and judged, where
    the truth is known; true colour and depth.
    The frame's rgb, depth and band that they come from, None in a crop."""

    colour: np.ndarray
    depth: np.ndarray
    known: np.ndarray
    wanted: np.ndarray
    judged: np.ndarray
    true_colour: np.ndarray
    true_depth: np.ndarray
    band: Band | None = None
    rgb: np.ndarray | None = None
    given_depth: np.ndarray | None = None


def record_type(height: int, width: int) -> np.dtype:
    """A frame with a hidden layer as it is cached, see `Hidden`."""
    size = (height, width)
    return np.dtype(
        [
            ("rgb", np.uint8, (*size, 3)),
            ("truth", np.float16, size),
            ("behind_rgb", np.uint8, (*size, 3)),
            ("behind", np.float16, size),
            ("mask", np.uint8, size),
        ]
    )


def load_hidden(
    roots: Sequence[Path], cache: Path, held: bool, say: Callable[[str], None] = print
) -> list[Hidden]:
    """Frames with a hidden layer of all scenes under ``roots``: held-out ones, or the others.

    Each scene is decoded once into ``cache``. Raises `SecondEyeError` where there is none.
    """
    cache.mkdir(parents=True, exist_ok=True)
    found: list[Hidden] = []
    for root in roots:
        scenes: dict[Path, list[FrameRef]] = {}
        for ref in list_frames(root):
            if ref.has_behind and held_out(ref.seed) == held:
                scenes.setdefault(ref.folder, []).append(ref)
        for folder, refs in scenes.items():
            told = json.loads((folder / SCENE_FILE).read_text(encoding="utf-8"))
            if told.get("generator", 1) < OLDEST:
                continue
            records = _cached(folder, refs, cache)
            for ref, record in zip(refs, records, strict=True):
                name = f"{root.resolve().name}/{folder.name}/{ref.stem}"
                found.append(
                    Hidden(
                        name,
                        ref.seed,
                        record["rgb"],
                        record["truth"],
                        record["behind_rgb"],
                        record["behind"],
                        record["mask"],
                    )
                )
    if not found:
        raise SecondEyeError(
            "The renders hold no finished frame with a hidden layer: render some first."
        )
    say(f"{len(found)} frames with a hidden layer {'held out' if held else 'to learn from'}")
    return found


def _cached(folder: Path, refs: Sequence[FrameRef], cache: Path) -> np.ndarray:
    mark = hashlib.sha256(f"{folder.resolve()} {[r.stem for r in refs]}".encode()).hexdigest()
    file = cache / f"{folder.name}-{mark[:16]}.npy"
    if not file.exists():
        frames = [read_frame(ref) for ref in refs]
        records = np.zeros(len(frames), record_type(*frames[0]["rgb"].shape[:2]))
        for record, frame in zip(records, frames, strict=True):
            record["rgb"], record["truth"] = frame["rgb"], frame["inverse_depth"]
            record["behind_rgb"] = frame["behind_rgb"]
            record["behind"] = frame["behind_inverse_depth"]
            record["mask"] = frame["behind_mask"]
        temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
        with open(temporary, "wb") as out:
            np.save(out, records)
        os.replace(temporary, file)
    try:
        return np.asarray(np.load(file, mmap_mode="r"))
    except (OSError, ValueError) as error:
        raise SecondEyeError(f"{file} can't be read: delete it, it is made again.") from error


def in_range(depth: np.ndarray) -> np.ndarray:
    """Inverse depth in 0..1 of the picture's own range, as a shot's would be."""
    return np.clip(normalise(np.asarray(depth, np.float32)), 0.0, 1.0)


def hidden_hole(frame: Hidden, base: np.ndarray | None, parallax: float) -> Hole:
    """The whole frame with its bands cut out.

    ``base``: the depth network's answer in place of the truth; the true hidden depth is brought to
    its scale by the pixels that nothing was removed from.
    """
    truth, hidden = frame.truth.astype(np.float32), frame.behind.astype(np.float32)
    shown = truth if base is None else base.astype(np.float32)
    mask = frame.mask > 0
    depth = in_range(shown)
    if base is None:
        behind = _like(hidden, truth)
    else:
        a, b = fit_line(truth[~mask], depth[~mask])
        behind = np.clip(a * hidden + b, 0.0, 1.0)
    band = find_band(depth, parallax * depth.shape[1])
    # Where a thing that was removed stands before another such thing, the truth is what stands
    # behind both, and no plate of the first.
    judged = band.wanted & mask & (hidden < _FARTHER * truth) & ~_rim_in(band, mask)
    true_depth = np.where(mask, behind, depth)
    true_colour = np.where(mask[..., None], frame.behind_rgb, frame.rgb)
    colour, guessed = first_guess(np.asarray(frame.rgb), depth, band)
    return Hole(
        colour / np.float32(255.0),
        guessed,
        ~band.unseen,
        band.wanted,
        judged,
        true_colour.astype(np.float32) / np.float32(255.0),
        true_depth.astype(np.float32),
        band,
        np.asarray(frame.rgb),
        depth,
    )


def _rim_in(band: Band, mask: np.ndarray) -> np.ndarray:
    """Where the nearest pixel beyond the step lies in ``mask``."""
    rim = band.distance == 0
    if not rim.any():
        return np.zeros_like(mask)
    label = cv2.distanceTransformWithLabels(
        (~rim).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )[1]
    inside = np.zeros(int(label.max()) + 1, bool)
    inside[label[rim]] = mask[rim]
    return inside[label]


def _like(hidden: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Hidden inverse depth in the range of `in_range` of the picture's."""
    solid = truth[truth > 0]
    low, high = np.percentile(solid if solid.size else truth, (2, 98))
    span = max(high - low, 0.15 * high, 1e-6)
    return np.clip((hidden - low) / span, 0.0, 1.0).astype(np.float32)


def fit_line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope (at least 0) and offset of the least-squares line; the mean of y where x is even."""
    if x.size < 2 or float(x.var()) < 1e-12:
        return 0.0, float(y.mean()) if y.size else 0.0
    slope = max(float(np.cov(x, y, bias=True)[0, 1] / x.var()), 0.0)
    return slope, float(y.mean() - slope * x.mean())


def cut_hole(rgb: np.ndarray, depth: np.ndarray, silhouette: np.ndarray, parallax: float) -> Hole:
    """A picture with holes where another's inverse depth ``silhouette`` (0..1) has its bands."""
    if silhouette.shape != depth.shape:
        silhouette = cv2.resize(silhouette, depth.shape[::-1], interpolation=cv2.INTER_NEAREST)
    depth = in_range(depth)
    band = find_band(silhouette, parallax * depth.shape[1])
    true = np.asarray(rgb, np.float32) / np.float32(255.0)
    # The silhouette's foreground isn't this picture's: there the picture is background as well.
    held = replace(band, front=band.unseen, nearness=_nearest(depth, ~band.unseen))
    colour, guessed = first_guess(np.asarray(rgb), depth, held)
    return Hole(
        colour / np.float32(255.0),
        guessed,
        ~band.unseen,
        band.wanted,
        band.wanted,
        true,
        depth,
        band,
        np.asarray(rgb),
        depth,
    )


def _nearest(values: np.ndarray, source: np.ndarray) -> np.ndarray:
    """``values`` (h, w) at the nearest pixel of ``source``."""
    if not source.any():
        return values
    label = cv2.distanceTransformWithLabels(
        (~source).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )[1]
    told = np.zeros(int(label.max()) + 1, np.float32)
    told[label[source]] = values[source]
    result: np.ndarray = told[label]
    return result


def draw_parallax(rng: np.random.Generator) -> float:
    """The move that a sample's bands are made for, in picture widths."""
    low, high = np.log(_PARALLAX[0]), np.log(_PARALLAX[1])
    return float(np.exp(rng.uniform(low, high)))


def crop(hole: Hole, side: int, rng: np.random.Generator) -> Hole:
    """A square about a judged pixel, flipped and tinted by chance."""
    height, width = hole.depth.shape
    rows, columns = np.nonzero(hole.judged)
    if rows.size:
        chosen = int(rng.integers(rows.size))
        centre = int(rows[chosen]), int(columns[chosen])
    else:
        centre = int(rng.integers(height)), int(rng.integers(width))
    jitter = rng.integers(-side // 4, side // 4 + 1, 2)
    top = int(np.clip(centre[0] + jitter[0] - side // 2, 0, max(height - side, 0)))
    left = int(np.clip(centre[1] + jitter[1] - side // 2, 0, max(width - side, 0)))
    flip = bool(rng.random() < 0.5)
    gain = np.exp(rng.normal(0, 0.15, 3) + rng.normal(0, 0.2)).astype(np.float32)
    gamma = np.float32(np.exp(rng.normal(0, 0.2)))

    def cut(values: np.ndarray) -> np.ndarray:
        part = values[top : top + side, left : left + side]
        return np.ascontiguousarray(part[:, ::-1] if flip else part)

    def tinted(values: np.ndarray) -> np.ndarray:
        return np.power((cut(values) * gain).clip(0, 1), gamma)

    return Hole(
        tinted(hole.colour),
        cut(hole.depth),
        cut(hole.known),
        cut(hole.wanted),
        cut(hole.judged),
        tinted(hole.true_colour),
        cut(hole.true_depth),
    )
