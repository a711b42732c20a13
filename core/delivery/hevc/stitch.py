# SPDX-License-Identifier: GPL-3.0-or-later
"""MV-HEVC from two ordinary encodes: NAL units rewritten, no picture encoded again.

The left eye stays the base view in layer 0, so that an old player shows it; the right eye becomes
layer 1 (H.265, annexes F and G). No slice looks at the other view, hence both views decode to the
very bits of their own encodes.
"""

from __future__ import annotations

from collections.abc import Sequence

from .errors import BitstreamError, UnlikeError
from .nal import AUD, SUFFIX_SEI, Nal
from .pps import MOST_PPS, renumbered
from .sei import reference_displays
from .slices import SliceHeader, for_layer_1
from .sps import MOST_SPS, Sps
from .sps import for_layer_1 as sps_for_layer_1
from .views import View
from .vps import two_views

# What both encodes need of x265, as `x265-params`; N is the GOP's length in pictures.
FIXED_GOP = "keyint={0}:min-keyint={0}:scenecut=0:b-adapt=0:open-gop=0:repeat-headers=1"
_REMEDY = f"encode both eyes with the same settings and a fixed GOP ({FIXED_GOP.format('N')})"


class Stitcher:
    """Joins access units of two views whose parameter sets are known.

    Raises UnlikeError where the encodes don't fit together, BitstreamError where one is damaged.
    ``base_sets`` and ``second_sets`` are the parameter sets of the two layers.
    """

    def __init__(self, left: View, right: View) -> None:
        self._left, self._right = left, right
        self._count = 0
        _check_alike(left, right)
        base = left.main_sps()
        assert left.vps is not None
        vps = two_views(left.vps, base.width, base.height, base.window)
        self._reference = reference_displays()
        # Both layers number their parameter sets from one pool.
        first_sps, first_pps = max(left.sps) + 1, max(left.pps) + 1
        sps_numbers = {old: first_sps + n for n, old in enumerate(right.sps)}
        self._pps_numbers = {old: first_pps + n for n, old in enumerate(right.pps)}
        if max(sps_numbers.values()) > MOST_SPS or max(self._pps_numbers.values()) > MOST_PPS:
            raise UnlikeError(f"The eyes have more parameter sets than two layers hold: {_REMEDY}.")
        self.base_sets = [vps, *left.units[33], *left.units[34]]
        self.second_sets = [
            sps_for_layer_1(sps, sps_numbers[sps.identifier], left.vps.identifier)
            for sps in right.sps.values()
        ] + [
            renumbered(pps, self._pps_numbers[pps.identifier], sps_numbers[pps.sps], 1)
            for pps in right.pps.values()
            if pps.sps in sps_numbers
        ]

    @property
    def reference(self) -> Nal:
        """The SEI that says which view is which eye's; it precedes every picture to begin at."""
        return self._reference

    def join(self, left: Sequence[Nal], right: Sequence[Nal]) -> list[Nal]:
        """One two-layer access unit from one of each eye, without parameter sets."""
        self._count += 1
        left_rest, right_rest = self._left.take(left), self._right.take(right)
        ours = [unit for unit in left_rest if unit.is_slice]
        theirs = [unit for unit in right_rest if unit.is_slice]
        if not ours or not theirs:
            raise BitstreamError(f"coded picture {self._count} is missing")
        headers = [self._right.slice_header(unit) for unit in theirs]
        self._check_pictures(ours[0], self._left.slice_header(ours[0]), theirs[0], headers[0])
        before = [unit for unit in left_rest if not unit.is_slice and unit.type != SUFFIX_SEI]
        at = 1 if before and before[0].type == AUD else 0
        if ours[0].is_irap:
            before.insert(at, self._reference)
        after = [unit for unit in left_rest if unit.type == SUFFIX_SEI]
        second = [
            for_layer_1(unit, told, self._pps_numbers[told.pps])
            for unit, told in zip(theirs, headers, strict=True)
        ]
        return [*before, *ours, *after, *second]

    def _check_pictures(self, ours: Nal, our: SliceHeader, theirs: Nal, their: SliceHeader) -> None:
        what = f"coded picture {self._count}"
        if ours.is_irap != theirs.is_irap:
            eye = "left" if ours.is_irap else "right"
            raise UnlikeError(
                f"The eyes have different GOPs ({what} is a key frame of the {eye} eye alone):"
                f" {_REMEDY}."
            )
        if our.order != their.order:
            raise UnlikeError(
                f"The eyes have different GOPs ({what} is shown as number {our.order} of"
                f" its GOP on the left, {their.order} on the right): {_REMEDY}."
            )
        if ours.type != theirs.type or ours.temporal != theirs.temporal:
            raise UnlikeError(
                f"The eyes have different pyramids of B frames ({what} is referred to in one of"
                f" them, or stands in another layer): {_REMEDY}."
            )


def _check_alike(left: View, right: View) -> None:
    for name, view in (("left", left), ("right", right)):
        if not view.complete:
            raise BitstreamError(f"the {name} eye has no complete parameter sets")
        if view.vps and view.vps.layers > 1:
            raise UnlikeError(f"The {name} eye has several views already: it can't be stitched.")
        for sps in view.sps.values():
            _check_depth(name, sps)
    first = left.main_sps()
    for sps in [*left.sps.values(), *right.sps.values()]:
        if (sps.width, sps.height) != (first.width, first.height) or sps.shown != first.shown:
            sizes = " and ".join(f"{w}x{h}" for w, h in (first.shown, sps.shown))
            raise UnlikeError(f"The eyes have different sizes ({sizes}): give both the same one.")
        if sps.window != first.window:
            raise UnlikeError(f"The eyes are cropped differently: {_REMEDY}.")
        if sps.order_bits != first.order_bits:
            raise UnlikeError(f"The eyes count their pictures differently: {_REMEDY}.")
        if sps.ordering != first.ordering:
            raise UnlikeError(
                "The eyes have different pyramids of B frames (they need"
                f" {first.ordering[-1][0] + 1} and {sps.ordering[-1][0] + 1} buffers): {_REMEDY}."
            )


def _check_depth(name: str, sps: Sps) -> None:
    if sps.depth != (8, 8):
        raise UnlikeError(
            f"The {name} eye has {max(sps.depth)} bits: MV-HEVC is written in 8 bits only, so"
            " encode both eyes in yuv420p, or choose side by side."
        )
    if sps.chroma != 1:
        raise UnlikeError(f"The {name} eye isn't 4:2:0: encode both eyes in yuv420p.")
