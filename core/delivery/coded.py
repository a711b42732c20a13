# SPDX-License-Identifier: GPL-3.0-or-later
"""The HEVC video of a movie or raw stream as NAL units, never decoded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from ..errors import SecondEyeError
from .hevc.config import read_hvcc
from .hevc.errors import BitstreamError
from .hevc.nal import PPS, SPS, Nal, join_annex_b, join_prefixed, split_annex_b, split_prefixed
from .hevc.views import View
from .remux import main_video, opened, replaced

# Pictures looked at for parameter sets, where the file's head has none.
_HEAD = 2


class CodedMovie:
    """The main HEVC video in ``path``, opened while the context lasts.

    ``view``: the base layer's parameter sets; ``second_sets``: what the head holds of layer 1's.
    Raises SecondEyeError naming the file.
    """

    def __init__(self, path: Path, container: InputContainer) -> None:
        self.path = path
        self.view = View()
        self.second_sets: list[Nal] = []
        self._container = container
        self.stream: VideoStream = main_video(container, path)
        name = self.stream.codec_context.name
        if name != "hevc":
            raise SecondEyeError(f"{path} is in {name}, not in HEVC: encode it with libx265 first.")
        head = bytes(self.stream.codec_context.extradata or b"")
        self._prefixed, self._length_bytes = head[:1] == b"\1", 4
        try:
            self._read_head(head)
        except BitstreamError as error:
            raise self.failed(error) from error

    def packets(self) -> Iterator[Packet]:
        """The video's packets, from where the container stands."""
        return (packet for packet in self._container.demux(self.stream) if packet.size)

    def units(self, packet: Packet) -> list[Nal]:
        """The NAL units of one packet. Raises BitstreamError."""
        data = bytes(packet)
        return split_prefixed(data, self._length_bytes) if self._prefixed else split_annex_b(data)

    def packet(self, like: Packet, units: list[Nal]) -> Packet:
        """A packet with ``units`` in it, of the kind that this movie's stream has.

        Behind lengths in four bytes, or behind start codes.
        """
        join = join_prefixed if self._prefixed else join_annex_b
        return replaced(like, join(units))

    def failed(self, error: BitstreamError) -> SecondEyeError:
        """The sentence for a stream that can't be read."""
        return SecondEyeError(f"{self.path} can't be used: {error}.")

    def _read_head(self, head: bytes) -> None:
        if self._prefixed:
            configuration = read_hvcc(head)
            self._length_bytes = configuration.length_bytes
            units = configuration.units
        else:
            units = split_annex_b(head)
        self.view.take(units)
        self.second_sets = [unit for unit in units if unit.type in (SPS, PPS) and unit.layer == 1]
        if self.view.complete:
            return
        with opened(self.path) as again:
            packets = (p for p in again.demux(main_video(again, self.path)) if p.size)
            for number, packet in enumerate(packets):
                self.view.take(self.units(packet))
                if self.view.complete or number == _HEAD:
                    return
