# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbered picture files of a project: the file number is the timeline frame, from 1."""

from pathlib import Path

import numpy as np

from ..errors import SecondEyeError
from . import atomic, pictures
from .manifest import Manifest

FOLDERS = ("plate", "base", "uncertainty", "labels", "depth", "confidence")
SAMPLING = "sampling"  # made only where a shot is sampled


class FrameFiles:
    """Picture files of ``manifest``'s frames below ``folder``. Only reading and writing them needs
    OpenEXR and cv2; their paths need nothing.

    Every reader raises SecondEyeError for a file that is missing or damaged, every writer where a
    value is not a finite number, or the disk is full.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest

    def make_folders(self, *names: str) -> None:
        """Make the folders of the files, or those named, where they are missing."""
        for name in names or FOLDERS:
            try:
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise atomic.cannot_write(self.folder / name, error) from error

    def plate_path(self, frame: int) -> Path:
        """The conformed footage: JPEG, or 16-bit PNG where the clip has more than 8 bits."""
        suffix = ".png" if self.manifest.clip.bit_depth > 8 else ".jpg"
        return self.folder / "plate" / f"{frame:06d}{suffix}"

    def base_path(self, frame: int) -> Path:
        """Half EXR, channel V, inverse depth as the model estimated it, larger = nearer."""
        return self.folder / "base" / f"{frame:06d}.exr"

    def uncertainty_path(self, frame: int) -> Path:
        """Half EXR, channel V, expected absolute error of the estimate, in its unit."""
        return self.folder / "uncertainty" / f"{frame:06d}.exr"

    def labels_path(self, frame: int) -> Path:
        """8-bit PNG of one channel, the class of each pixel."""
        return self.folder / "labels" / f"{frame:06d}.png"

    def depth_path(self, frame: int) -> Path:
        """Half EXR, channel V, inverse depth after repair, larger = nearer."""
        return self.folder / "depth" / f"{frame:06d}.exr"

    def confidence_path(self, frame: int) -> Path:
        """Half EXR, channel V, 0..1, 1 = sure."""
        return self.folder / "confidence" / f"{frame:06d}.exr"

    def read_plate(self, frame: int, bits: int = 8) -> np.ndarray:
        """The conformed footage, RGB (H, W, 3): uint8, or full-scale uint16 of 16 ``bits``."""
        clip = self.manifest.clip
        return pictures.read_plate(self.plate_path(frame), clip.height, clip.width, bits)

    def read_small_plate(self, frame: int) -> np.ndarray:
        """The plate at the size of the depth files, RGB uint8 (h, w, 3)."""
        plate, depth = self.read_plate(frame), self.manifest.depth
        if plate.shape[:2] == (depth.height, depth.width):
            return plate
        return pictures.reduced(plate, depth.height, depth.width)

    def plate_is_whole(self, frame: int) -> bool:
        """Whether the plate stands there with its end mark; decodes nothing."""
        return pictures.plate_is_whole(self.plate_path(frame))

    def write_base(
        self,
        frame: int,
        values: np.ndarray,
        uncertainty: np.ndarray | None = None,
        labels: np.ndarray | None = None,
    ) -> None:
        """Store an estimate: inverse depth and uncertainty (h, w) as half floats, labels uint8.

        Inverse depth is written last: where the base file stands, the estimate is complete.
        Values below 0 become 0, values above the largest half float that one.
        """
        if uncertainty is not None:
            self._check(frame, uncertainty)
            pictures.write_exr(self.uncertainty_path(frame), _half(uncertainty))
        self._check(frame, values)
        if labels is not None:
            pictures.write_labels(self.labels_path(frame), labels)
        pictures.write_exr(self.base_path(frame), _half(values))

    def read_base(self, frame: int) -> np.ndarray:
        """Inverse depth as estimated, float32 (h, w)."""
        return self._read(self.base_path(frame))

    def read_uncertainty(self, frame: int) -> np.ndarray | None:
        """Expected absolute error of the estimate, float32 (h, w); None: the model tells none."""
        if not self.manifest.model.uncertainty:
            return None
        return self._read(self.uncertainty_path(frame))

    def read_labels(self, frame: int) -> np.ndarray | None:
        """Class of each pixel, uint8 (h, w); None: the model tells none."""
        if not self.manifest.model.labels:
            return None
        depth = self.manifest.depth
        return pictures.read_labels(self.labels_path(frame), depth.height, depth.width)

    def write_depth(self, frame: int, values: np.ndarray, confidence: np.ndarray) -> np.ndarray:
        """Store inverse depth (h, w) and confidence (h, w) in 0..1, both as half floats.

        Confidence is written first: where the depth file stands, the frame is complete.
        Returns the inverse depth as stored, float16.

        Values below 0 become 0, values above the largest half float that one.
        """
        self._check(frame, values)
        self._check(frame, confidence)
        pictures.write_exr(self.confidence_path(frame), confidence.clip(0, 1).astype(np.float16))
        stored = _half(values)
        pictures.write_exr(self.depth_path(frame), stored)
        return stored

    def read_depth(self, frame: int) -> np.ndarray:
        """Inverse depth as stored, float32 (h, w)."""
        return self._read(self.depth_path(frame))

    def read_confidence(self, frame: int) -> np.ndarray:
        """Confidence, float32 (h, w) in 0..1."""
        return self._read(self.confidence_path(frame))

    def _check(self, frame: int, values: np.ndarray) -> None:
        height, width = self.manifest.depth.height, self.manifest.depth.width
        if values.shape != (height, width):
            raise ValueError(f"depth of frame {frame} must be {width}x{height}")
        if not np.isfinite(values).all():
            raise SecondEyeError(
                f"{self.manifest.model.name} gave no number for a pixel of frame {frame}: "
                "use another model."
            )

    def _read(self, path: Path) -> np.ndarray:
        depth = self.manifest.depth
        return pictures.read_exr(path, depth.height, depth.width).astype(np.float32)


def _half(values: np.ndarray) -> np.ndarray:
    return values.clip(0, pictures.HALF_MAX).astype(np.float16)
