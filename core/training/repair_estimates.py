# SPDX-License-Identifier: GPL-3.0-or-later
"""What repair learns from: degraded renders beside what the depth network says of them.

The network is asked once a frame and its answers are kept outside the repository, one ``.npy`` a
scene, mapped into memory from there.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..depth import upsample_to
from ..depth.labels import IGNORE
from ..depth.sliced_model import SlicedModel
from ..errors import SecondEyeError
from .augment import degrade
from .dataset import Sample, load_renders

SIZES = (224, 256, 320, 384)
"""Longer sides at which the network sees a training frame: the files are up to 1.4 times as large
as what it saw, or a little smaller."""
RECIPE = 1


@dataclass(frozen=True)
class Estimated:
    """Frames of one scene, a record each, see `record_type`; ``names`` of the samples."""

    names: tuple[str, ...]
    seed: int
    records: np.ndarray


def record_type(height: int, width: int) -> np.dtype:
    """rgb as the network saw it; its inverse depth, Laplace scale and classes at the frame's size;
    true inverse depth in 1/m (0 = sky) and true classes."""
    size = (height, width)
    return np.dtype(
        [
            ("rgb", np.uint8, (*size, 3)),
            ("base", np.float16, size),
            ("scale", np.float16, size),
            ("labels", np.uint8, size),
            ("truth", np.float16, size),
            ("classes", np.uint8, size),
        ]
    )


class Estimator:
    """Asks the depth network about samples.

    Args:
        weights: of the depth network (.safetensors).
        seed: of what is done to the pictures.
        clean: leave the pictures as they are, at the network's own size (held-out scenes).
    """

    def __init__(self, weights: Path, seed: int = 0, clean: bool = False) -> None:
        sizes: tuple[int | None, ...] = (None,) if clean else SIZES
        self.models = [SlicedModel(weights, size) for size in sizes]
        self.seed, self.clean = seed, clean
        told = f"{RECIPE} {seed} {clean} {[m.sha256 for m in self.models]}"
        self.key = hashlib.sha256(told.encode()).hexdigest()[:12]

    def estimate(self, sample: Sample, variant: int) -> np.ndarray:
        """One record; the same for the same sample, variant and seed."""
        assert sample.depth is not None
        name = int.from_bytes(hashlib.sha256(sample.name.encode()).digest()[:8], "big")
        rng = np.random.default_rng([self.seed, variant, name])
        model = self.models[int(rng.integers(len(self.models)))]
        rgb = sample.rgb if self.clean else degrade(sample.rgb, rng)
        height, width = rgb.shape[:2]
        told = upsample_to(model.infer(rgb), height, width)
        if told.uncertainty is None:
            raise SecondEyeError(
                f"The depth network {model.name} tells no uncertainty: repair can't be trained on "
                "its answers, choose another --base."
            )
        record = np.zeros((), record_type(height, width))
        record["rgb"], record["base"], record["scale"] = rgb, told.inverse_depth, told.uncertainty
        record["labels"] = IGNORE if told.labels is None else told.labels
        record["truth"] = sample.depth.astype(np.float64) * sample.unit
        record["classes"] = IGNORE if sample.labels is None else sample.labels
        return record

    def scene(self, samples: Sequence[Sample], cache: Path, variant: int) -> Estimated:
        """The records of one scene's samples, made when ``cache`` lacks them."""
        root, scene, _ = samples[0].name.split("/")
        stems = ",".join(s.name for s in samples)
        mark = hashlib.sha256(f"{stems} {samples[0].unit}".encode()).hexdigest()[:8]
        file = cache / f"{root}-{scene}-{self.key}-{mark}-{variant}.npy"
        if not file.exists():
            records = np.stack([self.estimate(s, variant) for s in samples])
            temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
            with open(temporary, "wb") as out:
                np.save(out, records)
            os.replace(temporary, file)
        try:
            records = np.load(file, mmap_mode="r")
        except (OSError, ValueError) as error:
            raise SecondEyeError(f"{file} can't be read: delete it, it is made again.") from error
        return Estimated(tuple(s.name for s in samples), samples[0].seed or 0, records)


def scenes_of(samples: Sequence[Sample]) -> Iterator[list[Sample]]:
    """Samples in order of name, scene by scene; a scene whose frames differ in size is cut up."""
    scene: list[Sample] = []
    for sample in samples:
        folder = sample.name.rpartition("/")[0]
        same = scene and scene[0].name.rpartition("/")[0] == folder
        if scene and not (same and scene[0].rgb.shape == sample.rgb.shape):
            yield scene
            scene = []
        scene.append(sample)
    if scene:
        yield scene


def load_estimates(
    renders: Sequence[Path],
    estimator: Estimator,
    cache: Path,
    variants: int = 1,
    say: Callable[[str], None] = print,
) -> list[Estimated]:
    """The records of all scenes under ``renders``: held-out ones of a clean estimator, else the
    others. ``cache`` holds ``decoded/`` (see `dataset.load_renders`) and ``estimates/``.

    Raises `SecondEyeError` where there is no frame.
    """
    folder = cache / "estimates"
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Estimated] = []
    said = time.monotonic()
    scenes = [
        scene
        for root in renders
        for scene in scenes_of(load_renders(root, cache / "decoded", estimator.clean))
    ]
    for variant in range(variants):
        for number, scene in enumerate(scenes):
            found.append(estimator.scene(scene, folder, variant))
            if time.monotonic() - said > 30:
                said = time.monotonic()
                say(f"estimates: {number + 1} of {len(scenes)} scenes, variant {variant + 1}")
    return found
