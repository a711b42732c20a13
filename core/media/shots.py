# SPDX-License-Identifier: GPL-3.0-or-later
"""Where shots begin: PySceneDetect proposes cuts, and what is no cut is taken out again.

PySceneDetect's AdaptiveDetector calls a cut where colours change at least three times as much as
they do in the frames around, so that a whip pan, whose every frame changes, is none. Three things
deceive it, and each proposal is held back for `REACH` frames until they are told apart:

- a flash or a black frame: something of before comes back afterwards;
- a frozen or lost frame, after which the picture jumps: optical flow follows the jump;
- a fade through black, which changes too slowly to be proposed. PySceneDetect's ThresholdDetector
  would find it by mean brightness, and would cut every night scene with it; so a stretch of black
  frames is found here.

A dissolve is no cut: an artist who wants one there sets it.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from scenedetect.common import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

REACH = 7
"""Frames before and after a cut in which nothing of the other side may show: so a flash lasts at
most 6 frames, and a shot at least 7."""

_WIDTH = 256  # pixels, of what PySceneDetect sees
_FLOW_WIDTH = 128
_TINY = (32, 18)
_RETURNED = 0.5  # of the cut's own step: nearer than that across it, and a flash may be over
_ALIKE = 6.0  # of 255: two pictures of the same
_LEAST_STEP = 8.0  # of 255: PySceneDetect also counts the hue of what is almost black
_FOLLOWED = 0.4  # of the cut's own step: what is left of it after flow
_CONSISTENT = 0.5  # share of pixels whose flow leads forth and back
_BLACK = 24  # of 255: nearly all of a black frame is below


@dataclass
class _Cut:
    number: int  # the first frame of the new shot
    index: int  # the same, counted from the first frame pushed
    step: float  # how much the picture changes there, 0..255


class CutFinder:
    """Finds cuts in frames pushed one by one; memory for a few small pictures, whatever comes.

    ``least``: frames a shot lasts at the least; of cuts closer together the larger one stays.
    """

    def __init__(self, least: int = REACH) -> None:
        self.least = max(1, least)
        self.detector = AdaptiveDetector(min_scene_len=1)
        self._numbers: deque[int] = deque(maxlen=4 * REACH)
        self._pictures: deque[np.ndarray] = deque(maxlen=4 * REACH)  # BGR, _FLOW_WIDTH wide
        self._count = 0
        self._pending: deque[int] = deque()  # indices of proposals not yet judged
        self._black = 0  # how many black frames came last
        self._cuts: list[_Cut] = []

    def push(self, number: int, rgb: np.ndarray) -> None:
        """``rgb`` uint8, or uint16 at full scale, (H, W, 3), one size for all; ``number`` its
        timeline frame."""
        small = _small(rgb)
        index = self._count
        self._count += 1
        self._numbers.append(number)
        self._pictures.append(_shrunk(small, _FLOW_WIDTH))
        self._through_black(index, small)
        proposed = self.detector.process_frame(FrameTimecode(index, fps=25.0), small)
        self._pending.extend(code.frame_num for code in proposed)
        while self._pending and index >= self._pending[0] + REACH - 1:
            self._judge(self._pending.popleft())

    def finish(self) -> list[int]:
        """The first frame of each new shot, rising; the clip's own first frame is not among
        them. Nothing may be pushed afterwards."""
        while self._pending:
            self._judge(self._pending.popleft())
        while self._cuts and self._count - self._cuts[-1].index < self.least:
            self._cuts.pop()
        return [cut.number for cut in self._cuts]

    def _through_black(self, index: int, small: np.ndarray) -> None:
        if np.percentile(small.max(axis=2), 98) < _BLACK:
            self._black += 1
            return
        # A shorter one is a lost frame or a blink, or has cuts that are proposed anyway.
        if REACH <= self._black < index:
            self._add(_Cut(self._numbers[-1], index, 255.0))
        self._black = 0

    def _picture(self, index: int) -> np.ndarray:
        return self._pictures[index - self._count]

    def _judge(self, index: int) -> None:
        first = max(index - REACH, self._count - len(self._pictures))
        before = np.stack([_tiny(self._picture(i)) for i in range(first, index)])
        last = min(index + REACH, self._count)
        after = np.stack([_tiny(self._picture(i)) for i in range(index, last)])
        apart = np.abs(before[:, None] - after[None]).mean(axis=(2, 3, 4))
        step = float(apart[-1, 0])
        if step < _LEAST_STEP or _followed(self._picture(index - 1), self._picture(index)):
            return
        i, j = np.unravel_index(np.argmin(apart), apart.shape)
        if apart[i, j] < _RETURNED * step:
            # Two dark shots are nearer to each other than to a flash between them: so flow decides.
            ends = self._picture(first + int(i)), self._picture(index + int(j))
            if apart[i, j] < _ALIKE or _followed(*ends):
                return
        self._add(_Cut(self._numbers[index - self._count], index, step))

    def _add(self, cut: _Cut) -> None:
        if cut.index < self.least:
            return
        if self._cuts and cut.index - self._cuts[-1].index < self.least:
            if cut.step > self._cuts[-1].step:
                self._cuts[-1] = cut
            return
        self._cuts.append(cut)


def detect_cuts(frames: Iterable[tuple[int, np.ndarray]], least: int = REACH) -> list[int]:
    """The timeline frames at which a new shot begins, rising, without the first of all.

    ``frames`` as of `Clip.frames`: (number, RGB (H, W, 3) of uint8, or uint16 at full scale), read
    once and not kept. ``least``: frames a shot lasts at the least.
    """
    finder = CutFinder(least)
    for number, rgb in frames:
        finder.push(number, rgb)
    return finder.finish()


def _small(rgb: np.ndarray) -> np.ndarray:
    """BGR uint8 (h, _WIDTH, 3) of RGB (H, W, 3), uint8 or uint16."""
    small = _shrunk(rgb, _WIDTH)[..., ::-1]
    return np.ascontiguousarray(small >> 8 if small.dtype == np.uint16 else small, np.uint8)


def _shrunk(picture: np.ndarray, width: int) -> np.ndarray:
    height = max(2, round(picture.shape[0] * width / picture.shape[1]))
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


def _tiny(picture: np.ndarray) -> np.ndarray:
    """Float32 (18, 32, 3): what a hand's tremor leaves unchanged."""
    return cv2.resize(picture, _TINY, interpolation=cv2.INTER_AREA).astype(np.float32)


def _followed(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether the picture moved from ``before`` to ``after``: flow leads there and back, and what
    it brings is what is there."""
    left, right = (cv2.cvtColor(p, cv2.COLOR_BGR2GRAY) for p in (before, after))
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    back = finder.calc(right, left, np.zeros((*left.shape, 2), np.float32))
    forth = finder.calc(left, right, np.zeros((*left.shape, 2), np.float32))
    rows, columns = np.mgrid[: left.shape[0], : left.shape[1]].astype(np.float32)
    x, y = columns + back[..., 0], rows + back[..., 1]
    brought = cv2.remap(before, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    returned = cv2.remap(forth, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    consistent = np.linalg.norm(back + returned, axis=-1) < 1.0
    step = np.abs(after.astype(np.float32) - before).mean()
    left_over = np.abs(after.astype(np.float32) - brought).mean()
    return bool(consistent.mean() > _CONSISTENT and left_over < _FOLLOWED * step)
