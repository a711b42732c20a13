# SPDX-License-Identifier: GPL-3.0-or-later
"""Single bits of an RBSP: fixed-length fields and Exp-Golomb codes (H.265, 7.2 and 9.2)."""

from __future__ import annotations

from .errors import BitstreamError


class BitReader:
    """Reads ``data`` (bytes without emulation prevention) from its most significant bit on.

    Every read past the end raises BitstreamError, so that damaged data ends in a sentence.
    """

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.position = position
        self._data = data
        self.length = 8 * len(data)

    def bits(self, count: int) -> int:
        """u(count)."""
        end = self.position + count
        if count < 0 or end > self.length:
            raise BitstreamError("a header of the HEVC or H.264 stream is cut off")
        first, last = self.position // 8, (end + 7) // 8
        value = int.from_bytes(self._data[first:last], "big") >> (8 * last - end)
        self.position = end
        return value & ((1 << count) - 1)

    def flag(self) -> bool:
        """u(1)."""
        return self.bits(1) == 1

    def flags(self, count: int) -> list[bool]:
        """``count`` times u(1)."""
        return [self.flag() for _ in range(count)]

    def ue(self, most: int = 2**32 - 2) -> int:
        """ue(v), at most ``most``."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > 32:
                raise BitstreamError("a header of the HEVC or H.264 stream is damaged")
        value = (1 << zeros) - 1 + self.bits(zeros)
        if value > most:
            raise BitstreamError("a header of the HEVC or H.264 stream holds an impossible number")
        return value

    def se(self) -> int:
        """se(v)."""
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)

    def skip(self, count: int) -> None:
        """Pass over ``count`` bits."""
        if count < 0 or self.position + count > self.length:
            raise BitstreamError("a header of the HEVC or H.264 stream is cut off")
        self.position += count


class BitWriter:
    """Collects bits; the most significant one of every byte first."""

    def __init__(self) -> None:
        self._value = 0
        self.length = 0

    def bits(self, value: int, count: int) -> None:
        """u(count)."""
        if value >> count or value < 0:
            raise ValueError(f"{value} does not fit into {count} bits")
        self._value = self._value << count | value
        self.length += count

    def flag(self, value: bool) -> None:
        """u(1)."""
        self.bits(int(value), 1)

    def ue(self, value: int) -> None:
        """ue(v)."""
        size = (value + 1).bit_length()
        self.bits(0, size - 1)
        self.bits(value + 1, size)

    def copy(self, reader: BitReader, start: int, end: int) -> None:
        """The reader's bits ``start`` to ``end`` as they are."""
        at = BitReader(reader._data, start)
        self.bits(at.bits(end - start), end - start)

    def align(self, value: int) -> None:
        """Fill the last byte with ``value``, 0 or 1."""
        while self.length % 8:
            self.bits(value, 1)

    def trailing(self) -> None:
        """rbsp_trailing_bits() and byte_alignment(): a one, then zeros."""
        self.bits(1, 1)
        self.align(0)

    def bytes(self) -> bytes:
        """What was written. Raises ValueError where a byte is unfinished."""
        if self.length % 8:
            raise ValueError("the last byte is unfinished")
        return self._value.to_bytes(self.length // 8, "big")
