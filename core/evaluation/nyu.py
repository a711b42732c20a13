# SPDX-License-Identifier: GPL-3.0-or-later
"""NYU-Depth V2 as it is published: the labelled .mat and the official test split.

N. Silberman et al., "Indoor segmentation and support inference from RGBD images" (ECCV 2012). The
labelled file is MATLAB v7.3, that is HDF5 after 512 bytes of MATLAB's own. MATLAB counts axes from
the other end, so that what it calls 480x640x3xN lies there as ``images`` (N, 3, 640, 480) uint8,
and ``depths`` (holes filled by colour) and ``rawDepths`` (as measured) as (N, 640, 480) float32 in
metres. ``splits.mat`` is a file of its own, in the older v5 format: ``testNdxs`` holds the 654
numbers of the test pictures, counted from 1.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SecondEyeError

LABELLED = "nyu_depth_v2_labeled.mat"
SPLITS = "splits.mat"
_EXTRA = "install the extra packages for evaluation (h5py, scipy)"


@dataclass(frozen=True)
class NyuFrame:
    """One picture of the labelled file, by its place from 0; see `layouts.Frame`."""

    file: Any
    index: int
    depths: str

    @property
    def name(self) -> str:
        """The number that the splits give it, counted from 1."""
        return f"{self.index + 1:04d}"

    def read_rgb(self) -> np.ndarray:
        """See `layouts.Frame`."""
        return np.ascontiguousarray(self.file["images"][self.index].transpose(2, 1, 0))

    def read_depth(self) -> np.ndarray:
        """See `layouts.Frame`."""
        return self.file[self.depths][self.index].T.astype(np.float64)


def open_nyu(path: Path, split: str | None, raw: bool = False) -> list[NyuFrame]:
    """The test frames of the labelled .mat at ``path`` (or in that folder).

    ``split``: splits.mat; None for the one beside the file; "all" for every picture. ``raw``:
    score against ``rawDepths``. Raises SecondEyeError.
    """
    path = path / LABELLED if path.is_dir() else path
    file = _open(path)
    depths = "rawDepths" if raw else "depths"
    for name in ("images", depths):
        if name not in file:
            raise SecondEyeError(
                f"{path} holds no '{name}': it is not {LABELLED}, the labelled NYU-Depth V2 set."
            )
    images, values = file["images"].shape, file[depths].shape
    if len(images) != 4 or images[1] != 3 or (images[0], *images[2:]) != values:
        raise SecondEyeError(
            f"{path}: images {images} and {depths} {values} don't fit the labelled NYU-Depth V2 "
            "set, (N, 3, 640, 480) and (N, 640, 480): get the file anew."
        )
    if split == "all":
        return [NyuFrame(file, i, depths) for i in range(images[0])]
    where = path.with_name(SPLITS) if split is None else Path(split).expanduser()
    if not where.is_file():
        raise SecondEyeError(
            f"The test split is missing at {where}: put the official {SPLITS} there or name it "
            "with --split; '--split all' scores every picture."
        )
    numbers = _test_numbers(where)
    if numbers.size == 0 or numbers.min() < 1 or numbers.max() > images[0]:
        raise SecondEyeError(
            f"{where} names pictures that {path.name}, which holds {images[0]}, hasn't got: the "
            "two must belong together."
        )
    return [NyuFrame(file, int(number) - 1, depths) for number in numbers]


def _open(path: Path) -> Any:
    if not path.is_file():
        raise SecondEyeError(f"There is no file {path}: give the labelled NYU-Depth V2 .mat.")
    if _head(path).startswith(b"MATLAB 5.0"):
        raise SecondEyeError(
            f"{path} is a MATLAB v5 file; the labelled NYU-Depth V2 set is v7.3: get "
            f"{LABELLED}, or save this one with -v7.3."
        )
    h5py = _h5py(path)
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise SecondEyeError(
            f"{path} is no MATLAB v7.3 file, or it is damaged: get {LABELLED} anew."
        ) from error


def _h5py(path: Path) -> Any:
    try:
        import h5py
    except ImportError as error:
        raise SecondEyeError(f"{path} needs the package h5py: {_EXTRA}.") from error
    return h5py


def _test_numbers(path: Path) -> np.ndarray:
    """``testNdxs`` of a .mat of either format, int64 (n,), counted from 1."""
    numbers = _read_v5(path) if _head(path).startswith(b"MATLAB 5.0") else _read_v73(path)
    if numbers is None:
        raise SecondEyeError(f"{path} holds no 'testNdxs': give NYU-Depth V2's {SPLITS}.")
    return np.asarray(numbers).reshape(-1).astype(np.int64)


def _read_v5(path: Path) -> Any:
    try:
        import scipy.io
    except ImportError as error:
        raise SecondEyeError(f"{path} needs the package scipy: {_EXTRA}.") from error
    try:
        return scipy.io.loadmat(path, variable_names=["testNdxs"]).get("testNdxs")
    except (ValueError, OSError, TypeError, NotImplementedError) as error:
        raise SecondEyeError(f"{path} is a damaged .mat file: get it anew.") from error


def _read_v73(path: Path) -> Any:
    h5py = _h5py(path)
    try:
        with h5py.File(path, "r") as file:
            return file["testNdxs"][()] if "testNdxs" in file else None
    except OSError as error:
        raise SecondEyeError(f"{path} is no .mat file: give NYU-Depth V2's {SPLITS}.") from error


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(16)
