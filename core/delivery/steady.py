# SPDX-License-Identifier: GPL-3.0-or-later
"""What Matroska loses of pictures' times: fractions of milliseconds, and often their durations."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from ..media.container import video_stream

_COARSE = Fraction(1, 1000)
# Frames a second.
_USUAL = [Fraction(n) for n in (24, 25, 30, 48, 50, 60, 120)]
_USUAL += [Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120)]  # NTSC's
_FINE = 10_000  # ticks a second at least: the first picture's time is rounded to one


@dataclass(frozen=True)
class SteadyClock:
    """Pictures ``1 / rate`` seconds apart from ``start`` on, told in ticks of ``base`` seconds."""

    rate: Fraction
    start: Fraction
    base: Fraction

    def set(self, packet: Packet, source_base: Fraction) -> None:
        """Give the packet the times that its rounded ones stand for."""
        packet.pts = None if packet.pts is None else self._exact(packet.pts * source_base)
        packet.dts = None if packet.dts is None else self._exact(packet.dts * source_base)
        packet.duration = round(1 / (self.rate * self.base))
        packet.time_base = self.base

    def _exact(self, time: Fraction) -> int:
        number = round((time - self.start) * self.rate)
        return round(self.start / self.base) + round(number / (self.rate * self.base))


@dataclass(frozen=True)
class Gaps:
    """``shown``: every picture's pts, rising; a picture is shown until the next one is, the last
    as long as the one before it."""

    shown: Sequence[int]

    def set(self, packet: Packet) -> None:
        """Give the packet a duration where it has none."""
        if packet.duration or packet.pts is None or len(self.shown) < 2:
            return
        after = min(bisect_right(self.shown, packet.pts), len(self.shown) - 1)
        packet.duration = self.shown[after] - self.shown[after - 1]


def read_times(container: InputContainer) -> tuple[Gaps, SteadyClock | None]:
    """Of the video; no clock where the container's own is finer, or a picture lies elsewhere.

    The container is read to its end.
    """
    video = video_stream(container)
    if video is None or video.time_base is None:
        return Gaps(()), None
    shown = sorted(p.pts for p in container.demux(video) if p.size and p.pts is not None)
    return Gaps(shown), _steady(video, [pts * Fraction(video.time_base) for pts in shown])


def _steady(video: VideoStream, times: Sequence[Fraction]) -> SteadyClock | None:
    base = Fraction(video.time_base or 0)
    if base < _COARSE or len(times) < 2 or times[-1] == times[0]:
        return None
    told = None if not video.average_rate else Fraction(video.average_rate)
    mean = (len(times) - 1) / (times[-1] - times[0])
    usual = min(_USUAL, key=lambda rate: abs(rate - mean))
    # What no header tells FFmpeg estimates from a few pictures: 353/12 for 30000/1001.
    rates = [told] if told in _USUAL else [usual, *([told] if told else [])]
    steady = next((rate for rate in rates if rate and _fits(times, rate, base)), None)
    if steady is None:
        return None
    ticks = steady.numerator
    while ticks < _FINE:
        ticks *= 10
    return SteadyClock(steady, times[0], Fraction(1, ticks))


def _fits(times: Sequence[Fraction], rate: Fraction, base: Fraction) -> bool:
    """Whether every picture lies within a tick of its place."""
    start = times[0]
    return all(abs(start + round((time - start) * rate) / rate - time) <= base for time in times)
