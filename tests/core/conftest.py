# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository root and this folder on the path, for `core` and for `clips`."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parents[1]):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This test's own folder of added models."""
    monkeypatch.setenv("SECOND_EYE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def onnx(tmp_path: Path) -> Path:
    """A model whose answer is the mean colour, fixed to 32x48."""
    from onnx_writer import mean_model

    return mean_model(tmp_path / "mean.onnx", "NCHW", 32, 48, metadata={"license": "CC0-1.0"})


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path, dict]:
    """A small clip with its depth project; a test changes a copy (`converted.copied_project`)."""
    from converted import make_converted

    return make_converted(tmp_path_factory.mktemp("converted"))


@pytest.fixture
def pcm_clip(tmp_path: Path) -> Path:
    """A clip whose sound no .mp4 takes."""
    import av
    import numpy as np

    path = tmp_path / "pcm.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=24)
        video.width, video.height = 96, 64
        sound = container.add_stream("pcm_s16be", rate=48000)
        for n in range(3):
            picture = np.full((64, 96, 3), 60 * n, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(video.encode(None))
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 6000), np.int16), "s16", "mono")
        frame.sample_rate, frame.pts = 48000, 0
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path
