# SPDX-License-Identifier: GPL-3.0-or-later
"""Novel views: a picture and its true depth to what another camera sees, and how near it comes.

Stereo pairs (folders with left.png, right.png, disp_x64.png) go through the fast path, with layers
behind the foreground and without, and through Blender's relief, seen from the right eye. Scenes
that render_scenes.py made go through Blender's relief from one frame of a camera's move to the
next one's place. PSNR (dB) and SSIM over whole pictures, as `second-eye evaluate` has them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

Command = Callable[..., tuple[float, int]]
INTEROCULAR = 0.1  # scene units, of pairs: with it, disparity says what near and far are
FARTHEST = 200.0  # m: where the relief puts a rendered scene's sky
MOVES = 8  # of rendered scenes, spread over all that are given
WAYS = ("whole", "cut", "layered")
"""Of a relief: its steps stretched, as two eyes see it without layers; cut, as from farther off the
axis; or cut, with layers behind them."""
PARALLAX = 0.15  # of the picture's width, of the layers


@dataclass(frozen=True)
class View:
    """A camera in Blender: ``pose`` (4, 4) in the footage camera's axes, as Blender has them."""

    project: str
    pose: list[list[float]]
    focal_over_width: float
    pictures: dict[str, str] = field(default_factory=dict)


def novel_figures(
    folder: Path, stereo: list[Path], renders: list[Path], command: Command
) -> dict[str, float]:
    """All figures, by names; what isn't given is left out."""
    from core.evaluation.stereo import read_pair, similarity

    figures: dict[str, float] = {}
    views: list[tuple[str, View, np.ndarray]] = []
    for pair in stereo:
        left, right, disparity = read_pair(pair)
        figures |= _fast_path(pair)
        views.append((pair.name, _pair_view(folder / pair.name, left, disparity), right))
    moves = [move for root in renders for move in _moves(root)]
    for scene, stem, following in moves[:: max(1, len(moves) // MOVES)][:MOVES]:
        name = f"{scene.name}/{stem}"
        rgb, view, true = _move_view(folder / f"{scene.name}_{stem}", scene, stem, following)
        views.append((name, view, true))
        for key, value in similarity(rgb, true).items():
            figures[f"{name}, not moved: {key}"] = value
    if not views:
        return {}
    for _, view, _ in views:
        command("sample", view.project)
        command("layers", view.project, "--parallax", PARALLAX)
    jobs = folder / "views.json"
    jobs.write_text(json.dumps([asdict(view) for _, view, _ in views]), encoding="utf8")
    subprocess.run(
        [sys.executable, Path(__file__).with_name("novel_scene.py"), jobs],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    scores: dict[str, list[float]] = {}
    for name, view, true in views:
        for way, path in view.pictures.items():
            for key, value in similarity(_read(Path(path)), true).items():
                figures[f"{name}, relief in Blender, steps {way}: {key}"] = value
                if "/" in name:
                    scores.setdefault(f"renders, relief, steps {way}: {key}, mean", []).append(
                        value
                    )
        if "/" in name:
            for key in ("psnr", "ssim"):
                value = figures[f"{name}, not moved: {key}"]
                scores.setdefault(f"renders, not moved: {key}, mean", []).append(value)
    return figures | {name: float(np.mean(values)) for name, values in scores.items()}


def _fast_path(pair: Path) -> dict[str, float]:
    from benchmark_synthesis import stereo_figures

    from core.synthesis.learned import LearnedFill

    return stereo_figures(pair, LearnedFill(None))


def _pair_view(folder: Path, left: np.ndarray, disparity: np.ndarray) -> View:
    """The right eye of a pair: f/w is 1, and 1/Z = disparity / (width * interocular)."""
    from core.evaluation.stereo import fill_from_background

    filled = fill_from_background(disparity)
    inverse = filled / (left.shape[1] * INTEROCULAR)
    pose = np.eye(4)
    pose[0, 3] = INTEROCULAR
    return _view(folder, left, inverse, 1.0, pose, 1.0)


def _moves(root: Path) -> Iterator[tuple[Path, str, str]]:
    """(scene, frame, the next frame) of moves in which nothing else moves."""
    for path in sorted(root.glob("scene_*/scene.json")):
        for view in json.loads(path.read_text(encoding="utf8"))["views"]:
            if view["next"] and not view["moving"]:
                yield path.parent, view["stem"], view["next"]


def _move_view(
    folder: Path, scene: Path, stem: str, following: str
) -> tuple[np.ndarray, View, np.ndarray]:
    from core.training.exr import read_exr

    told = json.loads((scene / "scene.json").read_text(encoding="utf8"))
    views = {view["stem"]: view for view in told["views"]}
    here, there = views[stem], views[following]
    inverse = read_exr(scene / f"{stem}.exr")["V"].astype(np.float64)
    poses = [np.array(v["world_from_camera"]) for v in (here, there)]
    turned = np.diag([1.0, -1.0, -1.0, 1.0])  # OpenCV's axes to Blender's
    pose = turned @ np.linalg.inv(poses[0]) @ poses[1] @ turned
    focal = [v["focal_px"] / v["width"] for v in (here, there)]
    rgb, true = (_read(scene / f"{name}.jpg") for name in (stem, following))
    low = np.maximum(inverse, 1.0 / FARTHEST)
    return rgb, _view(folder, rgb, low, focal[0], pose, focal[1]), true


def _view(
    folder: Path, rgb: np.ndarray, inverse: np.ndarray, focal: float, pose: np.ndarray, other: float
) -> View:
    """A project of one picture and its true 1/Z, and the camera that looks at it."""
    from core.media import write_image
    from core.project import ClipRecord, DepthRecord, LensRecord, Manifest, Project, Shot
    from core.project.manifest import DONE, TimelineRecord

    height, width = rgb.shape[:2]
    low, high = float(inverse.min()), float(inverse.max())
    shot = Shot("shot_001", 1, 1, low=low, high=high, near=1.0 / high, far=1.0 / low)
    manifest = Manifest(
        clip=ClipRecord("clip.png", str(folder / "clip.png"), "sequence", "0", width, height),
        timeline=TimelineRecord(Fraction(25), Fraction(1, 25), [0]),
        first=1,
        last=1,
        depth=DepthRecord(width, height, [1.0], [0.0]),
        shots=[shot],
        lens=LensRecord(focal_over_width=focal, source="artist"),
    )
    for stage in manifest.stages.values():
        stage.state = DONE
    project = Project.create(folder.with_suffix(".secondeye"), manifest)
    project.make_folders()
    project.write_depth(1, inverse.astype(np.float32), np.ones((height, width), np.float32))
    write_image(project.plate_path(1), rgb)
    pictures = {way: str(folder.with_name(f"{folder.name}_{way}.png")) for way in WAYS}
    return View(str(project.folder), pose.tolist(), other, pictures)


def _read(path: Path) -> np.ndarray:
    import cv2

    picture = cv2.imread(str(path))
    assert picture is not None, path
    return np.ascontiguousarray(picture[..., ::-1])
