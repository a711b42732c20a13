# SPDX-License-Identifier: GPL-3.0-or-later
"""Training frames on disk: one folder a scene, written whole or not at all.

A root folder holds ``scene_000017/`` folders. Each has ``scene.json`` (seed, kind, views, sources)
and per view ``STEM.jpg`` (colour), ``STEM.exr`` (half floats: ``V`` inverse depth in 1/m with 0
for the sky, ``N.X N.Y N.Z`` camera-space normals, ``flow.X flow.Y`` pixels to the next pose,
things that move by themselves included),
``STEM_label.png`` and, for some views, ``STEM_behind.jpg`` / ``STEM_behind.exr``: the same view
with the nearest free-standing objects hidden from the camera (``V``, and ``M`` = 1 where one of
them was in front).

Camera axes are OpenCV's: x right, y down, z forward. The centre of the pixel in column u and row v
lies at (u + 0.5, v + 0.5); inverse depth is 1 / z, not 1 / distance.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import cv2
import numpy as np

from ..errors import SecondEyeError
from .exr import read_exr, write_half_exr

LABELS = (
    "unlabelled",
    "sky",
    "ground",
    "wall",
    "ceiling",
    "object",
    "vehicle",
    "vegetation",
    "person",
)
"""Names of the label values 0..8 (ground: also floor and road; wall: also building)."""

SCENE_FILE = "scene.json"
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 95]


@dataclass(frozen=True)
class FrameRef:
    """One view of one finished scene; ``next_stem`` is the view after it in a camera move."""

    folder: Path
    stem: str
    kind: str
    seed: int
    index: int
    next_stem: str | None
    has_behind: bool


class Frame(TypedDict, total=False):
    """What `read_frame` returns (H rows, W columns). The ``behind_*`` keys exist for some views."""

    rgb: np.ndarray  # H x W x 3, uint8, sRGB
    inverse_depth: np.ndarray  # H x W, float32, 1/m, 0 = sky
    normals: np.ndarray  # H x W x 3, float32, camera space, unit length (0 for the sky)
    flow: np.ndarray  # H x W x 2, float32, pixels (x, y) from here to the next pose
    labels: np.ndarray  # H x W, uint8, see LABELS
    focal_px: float
    cx: float
    cy: float
    world_from_camera: np.ndarray  # 4 x 4, float64
    next_world_from_camera: np.ndarray  # 4 x 4, float64
    behind_rgb: np.ndarray  # H x W x 3, uint8
    behind_inverse_depth: np.ndarray  # H x W, float32, 1/m
    behind_mask: np.ndarray  # H x W, bool: something was removed in front


def scene_folder_name(seed: int) -> str:
    """The folder name of the scene with this seed."""
    return f"scene_{seed:06d}"


class FrameWriter:
    """Writes one scene under a temporary name; `finish` gives it its final name.

    Used as a context manager: leaving the block without `finish` removes what was written, so a
    killed job leaves at most a ``.part`` folder, which the next run of the same scene replaces.
    """

    def __init__(self, root: Path, seed: int, kind: str) -> None:
        self.final = Path(root) / scene_folder_name(seed)
        self.folder = Path(root) / f".{self.final.name}.part"
        self.seed = seed
        self.kind = kind
        self.views: list[dict[str, Any]] = []
        self._finished = False

    def __enter__(self) -> "FrameWriter":
        try:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise SecondEyeError(
                f"Training frames can't be written to {self.folder.parent} ({error.strerror}): "
                "choose another output folder."
            ) from error
        return self

    def __exit__(self, *exc: object) -> None:
        if not self._finished:
            shutil.rmtree(self.folder, ignore_errors=True)

    def add_view(
        self,
        rgb: np.ndarray,
        inverse_depth: np.ndarray,
        normals: np.ndarray,
        flow: np.ndarray,
        labels: np.ndarray,
        focal_px: float,
        world_from_camera: np.ndarray,
        next_world_from_camera: np.ndarray,
        behind: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None,
        moving: float = 0.0,
    ) -> str:
        """Write one view (shapes as in `Frame`; ``behind`` = colour, inverse depth, mask;
        ``moving`` = share of the picture whose things move by themselves).

        Returns the view's stem. The principal point is the picture's centre.
        """
        stem = f"view_{len(self.views):03d}"
        height, width = inverse_depth.shape
        base = self.folder / stem
        _write_jpeg(base.with_suffix(".jpg"), rgb)
        channels = {"V": inverse_depth, "flow.X": flow[..., 0], "flow.Y": flow[..., 1]}
        channels |= {f"N.{axis}": normals[..., i] for i, axis in enumerate("XYZ")}
        write_half_exr(base.with_suffix(".exr"), channels)
        _imwrite(self.folder / f"{stem}_label.png", labels.astype(np.uint8))
        if behind is not None:
            _write_jpeg(self.folder / f"{stem}_behind.jpg", behind[0])
            mask = behind[2].astype(np.float32)
            write_half_exr(self.folder / f"{stem}_behind.exr", {"V": behind[1], "M": mask})
        self.views.append(
            {
                "stem": stem,
                "width": width,
                "height": height,
                "focal_px": float(focal_px),
                "cx": width / 2,
                "cy": height / 2,
                "world_from_camera": np.asarray(world_from_camera, float).tolist(),
                "next_world_from_camera": np.asarray(next_world_from_camera, float).tolist(),
                "next": None,
                "behind": behind is not None,
                "moving": round(float(moving), 4),
            }
        )
        return stem

    def link(self, stem: str, next_stem: str) -> None:
        """Say that ``next_stem`` shows the next pose of ``stem``."""
        next(view for view in self.views if view["stem"] == stem)["next"] = next_stem

    def finish(self, **extra: Any) -> Path:
        """Write scene.json (with ``extra`` entries) and give the folder its final name."""
        scene = {"seed": self.seed, "kind": self.kind, **extra, "views": self.views}
        (self.folder / SCENE_FILE).write_text(json.dumps(scene, indent=1), encoding="utf-8")
        if self.final.exists():
            shutil.rmtree(self.final)
        os.replace(self.folder, self.final)
        self._finished = True
        return self.final


def list_frames(root: Path | str) -> list[FrameRef]:
    """All views of the finished scenes under ``root``, ordered by scene name, then by view.

    Raises `SecondEyeError` when the folder is missing or a scene.json can't be read.
    """
    root = Path(root)
    if not root.is_dir():
        raise SecondEyeError(
            f"There is no folder of training frames at {root}: "
            "make one with scripts/render_scenes.py."
        )
    frames = []
    for path in sorted(root.glob(f"scene_*/{SCENE_FILE}")):
        scene = _read_scene(path)
        frames += [
            FrameRef(
                path.parent,
                view["stem"],
                scene["kind"],
                scene["seed"],
                index,
                view["next"],
                view["behind"],
            )
            for index, view in enumerate(scene["views"])
        ]
    return frames


def list_sources(root: Path | str) -> list[str]:
    """Every model and photo used in the scenes under ``root``, with author and licence."""
    found: set[str] = set()
    for path in sorted(Path(root).glob(f"scene_*/{SCENE_FILE}")):
        found.update(_read_scene(path).get("sources", []))
    return sorted(found)


def read_frame(ref: FrameRef, behind: bool = True) -> Frame:
    """Read one view; keys, shapes and units as in `Frame`. ``behind`` False leaves those out.

    Raises `SecondEyeError` naming the file when something is missing or damaged.
    """
    view = _read_scene(ref.folder / SCENE_FILE)["views"][ref.index]
    base = ref.folder / ref.stem
    data = read_exr(base.with_suffix(".exr"))
    frame = Frame(
        rgb=_read_rgb(base.with_suffix(".jpg")),
        inverse_depth=data["V"],
        normals=np.stack([data["N.X"], data["N.Y"], data["N.Z"]], -1),
        flow=np.stack([data["flow.X"], data["flow.Y"]], -1),
        labels=_imread(ref.folder / f"{ref.stem}_label.png", cv2.IMREAD_GRAYSCALE),
        focal_px=view["focal_px"],
        cx=view["cx"],
        cy=view["cy"],
        world_from_camera=np.array(view["world_from_camera"]),
        next_world_from_camera=np.array(view["next_world_from_camera"]),
    )
    if ref.has_behind and behind:
        hidden = read_exr(ref.folder / f"{ref.stem}_behind.exr")
        frame["behind_rgb"] = _read_rgb(ref.folder / f"{ref.stem}_behind.jpg")
        frame["behind_inverse_depth"] = hidden["V"]
        frame["behind_mask"] = hidden["M"] > 0.5
    return frame


def rigid_flow(
    inverse_depth: np.ndarray,
    focal_px: float,
    world_from_camera: np.ndarray,
    next_world_from_camera: np.ndarray,
) -> np.ndarray:
    """Flow in pixels (H x W x 2, x and y) of a scene at rest between two camera poses.

    Each pixel's ray is moved as a homogeneous point (ray, inverse depth), so the sky (inverse
    depth 0) turns with the camera and doesn't shift. A point behind the next camera gets flow 0.
    """
    height, width = inverse_depth.shape
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    ray = np.stack([(u - width / 2) / focal_px, (v - height / 2) / focal_px, np.ones_like(u)], -1)
    move = np.linalg.inv(next_world_from_camera) @ world_from_camera
    point = ray @ move[:3, :3].T + inverse_depth[..., None] * move[:3, 3]
    ahead = point[..., 2] > 1e-6
    z = np.where(ahead, point[..., 2], 1.0)
    target = point[..., :2] / z[..., None] * focal_px + (width / 2, height / 2)
    flow = np.where(ahead[..., None], target - np.stack([u, v], -1), 0.0)
    # Half floats end at 65504, and no use is known for a flow of more than a few picture widths.
    return np.clip(flow, -4 * width, 4 * width).astype(np.float32)


def _read_scene(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SecondEyeError(
            f"{path} can't be read: delete the scene folder and render it again."
        ) from error


def _write_jpeg(path: Path, rgb: np.ndarray) -> None:
    _imwrite(path, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), _JPEG)


def _imwrite(path: Path, image: np.ndarray, options: list[int] | None = None) -> None:
    if not cv2.imwrite(str(path), image, options or []):
        raise SecondEyeError(f"{path} can't be written: check the space left there.")


def _imread(path: Path, flag: int) -> np.ndarray:
    image = cv2.imread(str(path), flag)
    if image is None:
        raise SecondEyeError(
            f"{path} is missing or damaged: delete its scene folder and render it again."
        )
    return image


def _read_rgb(path: Path) -> np.ndarray:
    return cv2.cvtColor(_imread(path, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
