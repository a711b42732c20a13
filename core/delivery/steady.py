# SPDX-License-Identifier: GPL-3.0-or-later
"""Exact times for pictures at a steady rate, out of Matroska, which keeps whole milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from ..media.container import video_stream

_COARSE = Fraction(1, 1000)
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


def steady_clock(container: InputContainer) -> SteadyClock | None:
    """None where the container's clock is finer, the rate unknown, or a picture elsewhere.

    The container is read to its end.
    """
    video = video_stream(container)
    if video is None or video.time_base is None or video.time_base < _COARSE:
        return None
    rate = video.average_rate
    times = _times(container, video)
    if not rate or len(times) < 2:
        return None
    steady = Fraction(rate)
    start = min(times)
    for time in times:
        number = round((time - start) * steady)
        if abs(start + number / steady - time) > video.time_base:
            return None
    ticks = steady.numerator
    while ticks < _FINE:
        ticks *= 10
    return SteadyClock(steady, start, Fraction(1, ticks))


def _times(container: InputContainer, video: VideoStream) -> list[Fraction]:
    base = Fraction(video.time_base or 0)
    return [p.pts * base for p in container.demux(video) if p.size and p.pts is not None]
