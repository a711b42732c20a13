# SPDX-License-Identifier: GPL-3.0-or-later
"""Training frames packed into chunks that can travel: colour, inverse depth, labels, flow, poses.

A pack is an .npz with two arrays of uint8: ``index``, JSON text, one entry a frame, and ``data``,
to whose bytes the entries point. Colour and labels are the JPEG and PNG of the frame itself, bit
for bit. Inverse depth is 16 bits of the picture's largest value; on a plane it is linear in the
pixel's place, so its second differences along the rows are nearly all 0 and deflate to a third.
Flow is what the rigid flow of `frames.rigid_flow` from that inverse depth lacks, in 1/16 pixel:
nothing at all unless something moves by itself.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..errors import SecondEyeError
from .decoded import quantise
from .frames import Frame, FrameRef, list_frames, read_frame, rigid_flow

LARGEST_CHUNK = 60_000_000  # bytes
_FLOW_STEP = 16  # parts of a pixel
_POSES = ("world_from_camera", "next_world_from_camera")
_NUMBERS = ("focal_px", "cx", "cy")


@dataclass(frozen=True)
class PackedFrame:
    """One frame of a pack: what `FrameRef` says of a frame on disk, and where its bytes are."""

    pack: Path
    scene: str
    stem: str
    kind: str
    seed: int
    next_stem: str | None
    entry: dict[str, Any]


def write_packs(
    root: Path,
    folder: Path,
    say: Callable[[str], None] = print,
    largest: int = LARGEST_CHUNK,
) -> list[Path]:
    """Write ``pack_000.npz`` ... under ``folder``, each at most ``largest`` bytes.

    Packs that are there already are overwritten, those of an earlier, longer packing removed once
    the new ones stand. Raises `SecondEyeError` when a frame is damaged or there is none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    entries: list[dict[str, Any]] = []
    blobs: list[bytes] = []
    room = 0

    def flush() -> None:
        nonlocal room
        path = folder / f"pack_{len(written):03d}.npz"
        part = path.with_suffix(".part.npz")
        index = np.frombuffer(json.dumps(entries).encode(), np.uint8)
        np.savez(part, index=index, data=np.frombuffer(b"".join(blobs), np.uint8))
        part.replace(path)
        written.append(path)
        say(f"{path.name}: {len(entries)} frames, {path.stat().st_size / 1e6:.1f} MB")
        entries.clear()
        blobs.clear()
        room = 0

    for ref in list_frames(root):
        entry, parts = _pack(ref, sum(len(b) for b in blobs))
        needed = sum(len(p) for p in parts) + len(json.dumps(entry)) + 2
        if entries and room + needed > largest - 4096:
            flush()
            entry, parts = _pack(ref, 0)
        entries.append(entry)
        blobs += parts
        room += needed
    if not entries:
        raise SecondEyeError(f"{root} holds no finished frame to pack: render some first.")
    flush()
    for path in folder.glob("pack_*.npz"):
        if path not in written:
            path.unlink()
    return written


def _pack(ref: FrameRef, start: int) -> tuple[dict[str, Any], list[bytes]]:
    """The frame's entry and its blobs, the first of which will lie at ``start``."""
    frame = read_frame(ref, behind=False)
    depth, unit = quantise(frame["inverse_depth"])
    rigid = _rigid(depth, unit, frame)
    moved = np.rint((frame["flow"] - rigid) * _FLOW_STEP).clip(-32768, 32767).astype(np.int16)
    parts = {
        "rgb": (ref.folder / f"{ref.stem}.jpg").read_bytes(),
        "labels": (ref.folder / f"{ref.stem}_label.png").read_bytes(),
        "inverse_depth": _deflate(np.diff(depth, n=2, axis=1, prepend=np.zeros_like(depth[:, :2]))),
        "flow": _deflate(moved.view(np.uint16)),
    }
    entry: dict[str, Any] = {
        "scene": ref.folder.name,
        "stem": ref.stem,
        "kind": ref.kind,
        "seed": ref.seed,
        "next": ref.next_stem,
        "shape": list(depth.shape),
        "unit": unit,
        **{key: float(frame[key]) for key in _NUMBERS},  # type: ignore[literal-required]
        **{key: frame[key].tolist() for key in _POSES},  # type: ignore[literal-required]
    }
    for name, blob in parts.items():
        entry[f"{name}_at"] = [start, len(blob)]
        start += len(blob)
    return entry, list(parts.values())


def list_packed(folder: Path) -> list[PackedFrame]:
    """All frames of the packs ``pack_*.npz`` in ``folder``, in order. Raises `SecondEyeError`."""
    found = []
    for path in sorted(folder.glob("pack_*.npz")):
        if path.name.endswith(".part.npz"):
            continue
        found += [
            PackedFrame(path, e["scene"], e["stem"], e["kind"], e["seed"], e["next"], e)
            for e in json.loads(_array(path, "index").tobytes())
        ]
    return found


class PackReader:
    """Reads frames of packs, keeping the bytes of the last pack at hand."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._data = np.zeros(0, np.uint8)

    def read(self, packed: PackedFrame) -> Frame:
        """The frame: rgb, inverse_depth, labels, flow, poses and the camera's numbers as in
        `frames.Frame`, inverse depth to 1/65535 of its largest value, flow to 1/32 pixel beside
        the rigid flow of that inverse depth. Normals and hidden layers aren't packed.
        """
        depth, unit = self.depth(packed)
        frame = Frame(
            rgb=self.rgb(packed),
            inverse_depth=depth.astype(np.float32) * np.float32(unit),
            labels=self.labels(packed),
            **{key: packed.entry[key] for key in _NUMBERS},  # type: ignore[typeddict-item]
            **{key: np.array(packed.entry[key]) for key in _POSES},  # type: ignore[typeddict-item]
        )
        moved = self._inflate(packed, "flow", (*depth.shape, 2)).view(np.int16)
        frame["flow"] = _rigid(depth, unit, frame) + moved.astype(np.float32) / _FLOW_STEP
        return frame

    def rgb(self, packed: PackedFrame) -> np.ndarray:
        """uint8 (H, W, 3)."""
        picture = cv2.imdecode(self._blob(packed, "rgb"), cv2.IMREAD_COLOR)
        return cv2.cvtColor(_checked(picture, packed), cv2.COLOR_BGR2RGB)

    def labels(self, packed: PackedFrame) -> np.ndarray:
        """uint8 (H, W), the renderer's values."""
        picture = cv2.imdecode(self._blob(packed, "labels"), cv2.IMREAD_GRAYSCALE)
        return _checked(picture, packed)

    def depth(self, packed: PackedFrame) -> tuple[np.ndarray, float]:
        """uint16 (H, W) and its unit in 1/m."""
        steps = self._inflate(packed, "inverse_depth", tuple(packed.entry["shape"]))
        # Unsigned sums wrap around as the differences did.
        once = np.cumsum(steps, axis=1, dtype=np.uint16)
        return np.cumsum(once, axis=1, dtype=np.uint16), float(packed.entry["unit"])

    def _blob(self, packed: PackedFrame, name: str) -> np.ndarray:
        if packed.pack != self._path:
            self._data, self._path = _array(packed.pack, "data"), packed.pack
        start, length = packed.entry[f"{name}_at"]
        return self._data[start : start + length]

    def _inflate(self, packed: PackedFrame, name: str, shape: tuple[int, ...]) -> np.ndarray:
        try:
            planes = np.frombuffer(zlib.decompress(self._blob(packed, name).tobytes()), np.uint8)
            low, high = planes.reshape(2, *shape)
        except (zlib.error, ValueError) as error:
            raise _damaged(packed.pack) from error
        return low | high.astype(np.uint16) << 8


def pack_key(path: Path) -> str:
    """Tells packs of one name in other folders, and one written anew, apart."""
    written = path.stat().st_mtime_ns
    return hashlib.sha256(f"{path.resolve()} {written}".encode()).hexdigest()[:16]


def _rigid(depth: np.ndarray, unit: float, frame: Frame) -> np.ndarray:
    poses = frame["world_from_camera"], frame["next_world_from_camera"]
    return rigid_flow(depth.astype(np.float64) * unit, frame["focal_px"], *poses)


def _deflate(values: np.ndarray) -> bytes:
    """uint16 values, low bytes first, then high ones, deflated."""
    planes = np.stack([values & 0xFF, values >> 8]).astype(np.uint8)
    return zlib.compress(planes.tobytes(), 7)


def _array(path: Path, name: str) -> np.ndarray:
    try:
        with np.load(path, allow_pickle=False) as pack:
            return pack[name]
    except (OSError, ValueError, KeyError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise _damaged(path) from error


def _checked(picture: np.ndarray | None, packed: PackedFrame) -> np.ndarray:
    if picture is None or picture.shape[:2] != tuple(packed.entry["shape"]):
        raise _damaged(packed.pack)
    return picture


def _damaged(path: Path) -> SecondEyeError:
    return SecondEyeError(f"{path} is damaged: copy it anew, or pack the frames again.")
