# SPDX-License-Identifier: GPL-3.0-or-later
"""The header of a safetensors file: eight bytes of length, then JSON, then the numbers.

The format: https://huggingface.co/docs/safetensors (Format).
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import SecondEyeError

MOST = 100_000_000  # bytes of a header, the format's own limit


@dataclass(frozen=True)
class Header:
    """``dtypes`` as the file spells them ("F32", "F16" ...), in order of their parameters."""

    parameters: int
    dtypes: tuple[str, ...]
    metadata: dict[str, str]


def read_header(path: Path) -> Header:
    """What the file says of itself; the numbers are not read.

    Raises SecondEyeError where it is missing, cut short, or no safetensors at all.
    """
    damaged = SecondEyeError(
        f"{path} is damaged and can't be read as weights: download it or copy it anew."
    )
    try:
        size = path.stat().st_size
        with open(path, "rb") as stream:
            start = stream.read(8)
            if start == b"version ":
                raise SecondEyeError(
                    f"{path} is only a Git LFS pointer, not the weights: run git lfs pull in its "
                    "folder, or download the file itself."
                )
            length = int.from_bytes(start, "little")
            if len(start) < 8 or not 2 <= length <= min(MOST, size - 8):
                raise damaged
            plain: dict[str, Any] = json.loads(stream.read(length))
    except OSError as error:
        raise SecondEyeError(f"{path} can't be read ({error.strerror}): check it.") from error
    except ValueError as error:
        raise damaged from error
    try:
        metadata = {str(k): str(v) for k, v in (plain.pop("__metadata__", None) or {}).items()}
        counts: dict[str, int] = {}
        ends = [0]
        for tensor in plain.values():
            counts.setdefault(tensor["dtype"], 0)
            counts[tensor["dtype"]] += math.prod(tensor["shape"])
            ends.append(tensor["data_offsets"][1])
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        raise damaged from error
    if 8 + length + max(ends) > size:
        raise damaged
    dtypes = sorted(counts, key=lambda name: -counts[name])
    return Header(sum(counts.values()), tuple(dtypes), metadata)
