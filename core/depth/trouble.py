# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong inside the libraries that run models, said in a sentence that names the model."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..errors import SecondEyeError

# torch, CUDA, onnxruntime and the C++ library each have words of their own for it.
_MEMORY = re.compile(
    r"out of memory|can't allocate|failed to allocate|could not allocate|bad.?alloc|"
    r"unable to allocate|not enough memory|cannot allocate",
    re.IGNORECASE,
)


@contextlib.contextmanager
def told(name: str, remedy: str, doing: str = "run") -> Iterator[None]:
    """Turn any failure inside the block into a SecondEyeError about the model ``name``.

    ``remedy`` is what helps where it is not a lack of memory, without a full stop.
    """
    try:
        yield
    except SecondEyeError:
        raise
    except Exception as error:  # each library has exception types of its own
        if isinstance(error, MemoryError) or _MEMORY.search(str(error)):
            raise SecondEyeError(
                f"The model {name} needs more memory than is free: ask for a smaller --size, "
                "close other programs, or choose a smaller model."
            ) from error
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise SecondEyeError(
            f"The model {name} does not {doing} ({lines[0][:200].rstrip('.: ')}): {remedy}."
        ) from error


def lacks(path: Path, package: str) -> SecondEyeError:
    """The sentence for an engine without an optional package that the model at ``path`` needs."""
    return SecondEyeError(
        f"{path} needs the package {package}, which {sys.executable} has not: install it there "
        "(in Blender tick Packages for models of your own and press Install Engine), or choose "
        "another model."
    )


def checked(name: str, values: np.ndarray) -> np.ndarray:
    """``values`` as they are. Raises SecondEyeError where one of them is not a finite number."""
    if not np.isfinite(values).all():
        bad = int(np.isnan(values).sum())
        what = f"{bad} values that are no numbers (NaN)" if bad else "infinite values"
        raise SecondEyeError(
            f"The model {name} answers with {what} for this picture: its numbers overflow; use "
            "its 32-bit version, check its normalisation, or choose another model."
        )
    return values
