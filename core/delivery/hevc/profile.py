# SPDX-License-Identifier: GPL-3.0-or-later
"""profile_tier_level() (H.265, 7.3.3)."""

from __future__ import annotations

from dataclasses import dataclass

from .bits import BitReader, BitWriter

MAIN, MULTIVIEW_MAIN = 1, 6
# general_profile_idc -> the word for it.
NAMES = {
    1: "Main",
    2: "Main 10",
    3: "Main Still Picture",
    4: "Range Extensions",
    5: "High Throughput",
    6: "Multiview Main",
    7: "Scalable Main",
    8: "3D Main",
    9: "Screen Content",
}
_SUB_LAYER_PROFILE, _SUB_LAYER_LEVEL = 88, 8


@dataclass(frozen=True)
class ProfileTierLevel:
    """The general part: 88 bits of profile and the level, 30 times its number."""

    profile: int
    level: int

    @property
    def idc(self) -> int:
        """general_profile_idc."""
        return self.profile >> 80 & 31

    @property
    def tier(self) -> int:
        """general_tier_flag."""
        return self.profile >> 85 & 1

    def hvcc(self) -> bytes:
        """The twelve bytes of an HEVCDecoderConfigurationRecord that are the same."""
        return self.profile.to_bytes(11, "big") + bytes([self.level])


def read_profile(reader: BitReader, sub_layers: int) -> ProfileTierLevel:
    """profile_tier_level(1, ``sub_layers`` - 1); the sub-layers' own are passed over."""
    result = ProfileTierLevel(reader.bits(88), reader.bits(8))
    if sub_layers > 1:
        present = [(reader.flag(), reader.flag()) for _ in range(sub_layers - 1)]
        reader.skip(2 * (8 - (sub_layers - 1)))
        for profile, level in present:
            reader.skip(_SUB_LAYER_PROFILE * profile + _SUB_LAYER_LEVEL * level)
    return result


def write_profile(
    writer: BitWriter, told: ProfileTierLevel, profile: bool, sub_layers: int
) -> None:
    """profile_tier_level(``profile``, ``sub_layers`` - 1), nothing told of sub-layers."""
    if profile:
        writer.bits(told.profile, 88)
    writer.bits(told.level, 8)
    if sub_layers > 1:
        writer.bits(0, 2 * (sub_layers - 1))
        writer.bits(0, 2 * (8 - (sub_layers - 1)))


def multiview_main(base: ProfileTierLevel) -> ProfileTierLevel:
    """Multiview Main (H.265, G.11.1.1) of the base view's tier and level.

    Compatible with itself alone; 8 bits, 4:2:0, and the source flags as the base view has them.
    """
    compatibility = 1 << (31 - MULTIVIEW_MAIN)
    source = base.profile >> 44 & 15  # progressive, interlaced, non-packed, frame-only
    # max 12, 10, 8 bit, 4:2:2, 4:2:0 | not monochrome, intra or one picture only | lower bit rate
    constraints = 0b1111_1000_1
    profile = base.tier << 5 | MULTIVIEW_MAIN
    profile = profile << 32 | compatibility
    profile = profile << 4 | source
    return ProfileTierLevel((profile << 9 | constraints) << 35, base.level)
