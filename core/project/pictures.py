# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture files of a project: half-float EXR of one channel V, labels, and plates.

OpenEXR, cv2 and core.media are imported where they are used: Blender's Python lacks what they
need, and still reads manifests, paths and shots.
"""

import io
from pathlib import Path

import numpy as np

from ..errors import SecondEyeError
from .atomic import write_bytes

HALF_MAX = 65504.0


def encode_exr(values: np.ndarray) -> bytes:
    """EXR file of ``values`` (h, w) float16: ZIP, one channel V; the same bytes each time.

    The header holds no date, owner or software, and one thread keeps the chunks in order.
    """
    import OpenEXR

    stream = io.BytesIO()
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    pixels = np.ascontiguousarray(values, dtype=np.float16)
    with OpenEXR.File(header, {"V": pixels}, 0) as file:
        file.write(stream)
    return stream.getvalue()


def write_exr(path: Path, values: np.ndarray) -> None:
    """Write ``values`` (h, w) float16 to ``path``, atomically. Raises SecondEyeError."""
    write_bytes(path, encode_exr(values), durable=False)


def read_exr(path: Path, height: int, width: int) -> np.ndarray:
    """Read channel V as float16 (height, width).

    Raises SecondEyeError where the file is missing, damaged, of another size or without V.
    """
    import OpenEXR

    remedy = "delete it and run depth again"
    data = _read_bytes(path)
    try:
        with OpenEXR.File(io.BytesIO(data), True, False, 0) as file:
            channels = {name: channel.pixels for name, channel in file.channels().items()}
    except (RuntimeError, ValueError, TypeError, MemoryError) as error:
        raise SecondEyeError(f"{path} is damaged: {remedy}.") from error
    pixels = channels.get("V")
    if pixels is None:
        raise SecondEyeError(f"{path} holds no channel V: {remedy}.")
    if pixels.shape != (height, width):
        found = f"{pixels.shape[1]}x{pixels.shape[0]}"
        raise SecondEyeError(
            f"{path} is {found} where the project says {width}x{height}: {remedy}."
        )
    return np.asarray(pixels, dtype=np.float16)


def read_plate(path: Path, height: int, width: int, bits: int = 8) -> np.ndarray:
    """Read a plate as RGB (height, width, 3) of 8 ``bits`` or 16, whatever it is stored in.

    Raises SecondEyeError where the file is missing, damaged or of another size.
    """
    import cv2

    data = _read_bytes(path)
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    if pixels is None or pixels.shape != (height, width, 3):
        raise SecondEyeError(f"{path} is damaged: delete it and run depth again.")
    if pixels.dtype.itemsize * 8 != bits:
        from ..media import to_bits

        pixels = to_bits(pixels, bits)
    return np.ascontiguousarray(pixels[:, :, ::-1])


def reduced(rgb: np.ndarray, height: int, width: int) -> np.ndarray:
    """``rgb`` uint8 (H, W, 3) at ``height`` x ``width``, each pixel the mean of what it covers."""
    import cv2

    small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small)


def write_labels(path: Path, labels: np.ndarray) -> None:
    """Write classes (h, w) uint8 to ``path`` as an 8-bit PNG, atomically. Raises SecondEyeError."""
    import cv2

    done, data = cv2.imencode(".png", labels)
    if not done:
        raise SecondEyeError(f"{path} could not be encoded: run depth again.")
    write_bytes(path, data.tobytes(), durable=False)


def read_labels(path: Path, height: int, width: int) -> np.ndarray:
    """Read classes, uint8 (height, width).

    Raises SecondEyeError where the file is missing, damaged or of another size.
    """
    import cv2

    data = _read_bytes(path)
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if pixels is None or pixels.dtype != np.uint8 or pixels.shape != (height, width):
        raise SecondEyeError(f"{path} is damaged: delete it and run depth again.")
    return pixels


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise SecondEyeError(f"{path} is missing: run depth again to make it.") from error
    except OSError as error:
        raise SecondEyeError(f"{path} can't be read ({error.strerror}).") from error


def plate_is_whole(path: Path) -> bool:
    """Whether a plate stands at ``path`` with its end mark: cheap, decodes nothing."""
    mark = b"\xff\xd9" if path.suffix == ".jpg" else b"IEND\xaeB\x60\x82"
    try:
        with open(path, "rb") as stream:
            stream.seek(0, io.SEEK_END)
            stream.seek(max(0, stream.tell() - len(mark)))
            return stream.read() == mark
    except OSError:
        return False
