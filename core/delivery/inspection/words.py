# SPDX-License-Identifier: GPL-3.0-or-later
"""An inspection as lines for a person."""

from __future__ import annotations

from .report import Inspection

_LAYOUTS = {
    "mono": "one eye",
    "multiview": "two views in layers (MV-HEVC)",
    "left-right": "side by side, left eye left",
    "right-left": "side by side, left eye right",
    "top-bottom": "one above the other, left eye on top",
    "bottom-top": "one above the other, left eye below",
}
_STEREO_MODES = {
    "left_right": "left-right",
    "right_left": "right-left",
    "top_bottom": "top-bottom",
    "bottom_top": "bottom-top",
}
_PROJECTIONS = {
    "rectangular": "flat",
    "vr180": "half equirectangular (VR180)",
    "vr360": "equirectangular (360 degrees)",
    "fisheye": "fisheye",
}
_SIDE = 1 << 32


def lines(found: Inspection) -> list[str]:
    """ "name: words", one a line."""
    rows = [
        ("File", f"{found.path}, {found.size:,} bytes, {found.container}"),
        ("Video", _video(found)),
        ("Rate", _rate(found)),
        ("Views", _views(found)),
        ("Google's tags", _google(found)),
        ("Apple's tags", _apple(found)),
        ("In the stream", _sent(found)),
        ("Matroska's tag", _layout(_STEREO_MODES.get(found.stereo_mode or "", found.stereo_mode))),
        ("Colour", ", ".join(f"{k} {v}" for k, v in found.colour.items()) or "not tagged"),
        ("HDR", _hdr(found)),
        ("Sound", _sound(found)),
        ("Fast start", {True: "yes", False: "no", None: ""}[found.faststart]),
    ]
    told = [f"{name + ':':16}{words}" for name, words in rows if words]
    return told + [f"{'Note:':16}{note}" for note in found.notes]


def box_lines(found: Inspection) -> list[str]:
    """The tree of boxes: kind, first byte, size."""
    return [
        f"{'  ' * box.depth}{printable(box.kind)} at {box.start}, {box.size} bytes"
        for box in found.boxes
    ]


def printable(kind: str) -> str:
    """A box's four characters, whatever they are."""
    return "".join(c if c.isprintable() and c.isascii() else "?" for c in kind)


def _video(found: Inspection) -> str:
    entry = f" ({printable(found.sample_entry)})" if found.sample_entry else ""
    profile = f" {found.profile}" if found.profile else ""
    depth = f", {found.bit_depth} bits" if found.bit_depth else ""
    return f"{found.codec}{profile}{entry}, {found.width}x{found.height}{depth}"


def _rate(found: Inspection) -> str:
    parts = []
    if found.rate:
        parts.append(f"{float(found.rate):.6g} frames/s ({found.rate})")
    if found.frames:
        parts.append(f"{found.frames} frames")
    if found.seconds is not None:
        parts.append(f"{found.seconds:.3f} s")
    return ", ".join(parts)


def _views(found: Inspection) -> str:
    if found.layers > 1:
        return f"{found.layers} in {found.layers} layers"
    return "1" if found.views == 1 else f"{found.views}, packed in one picture"


def _google(found: Inspection) -> str:
    told = []
    if found.spatial.st3d:
        told.append(_layout(found.spatial.st3d))
    if (bounds := found.spatial.spherical) is not None:
        top, bottom, left, right = (bound / _SIDE for bound in bounds)
        name = "VR180" if (top, bottom, left, right) == (0, 0, 0.25, 0.25) else "equirectangular"
        told.append(
            f"{name} (cut off: top {top:g}, bottom {bottom:g}, left {left:g}, right {right:g})"
        )
    return ", ".join(told)


def _apple(found: Inspection) -> str:
    told, spatial = [], found.spatial
    if spatial.views is not None:
        eyes = [eye for bit, eye in ((1, "left"), (2, "right")) if spatial.views & bit]
        told.append(" and ".join(eyes) + " eye" if eyes else "no eye")
        if spatial.views & 8:
            told.append("order reversed")
    if spatial.hero:
        told.append(f"hero {spatial.hero}")
    if spatial.apple_packing:
        words = {"side": "side by side", "over": "one above the other"}
        told.append(words.get(spatial.apple_packing, printable(spatial.apple_packing)))
    if spatial.apple_projection:
        name = _PROJECTIONS.get(spatial.apple_projection)
        told.append(f"projection {name or printable(spatial.apple_projection)}")
    if spatial.baseline is not None:
        told.append(f"baseline {spatial.baseline * 1e3:.3f} mm")
    if spatial.disparity is not None:
        told.append(f"disparity adjustment {spatial.disparity * 100:+.2f} %")
    if spatial.field_of_view is not None:
        told.append(f"field of view {spatial.field_of_view:.3f} degrees")
    return ", ".join(told)


def _sent(found: Inspection) -> str:
    told = []
    if found.frame_packing:
        told.append(f"frame packing: {_layout(found.frame_packing)}")
    if found.left_view is not None:
        told.append(f"the left eye is view {found.left_view}")
    return ", ".join(told)


def _layout(word: str | None) -> str:
    return _LAYOUTS.get(word, word) if word else ""


def _hdr(found: Inspection) -> str:
    if found.hdr is None:
        return ""
    told = []
    if found.hdr.brightest is not None:
        told.append(f"mastered for {found.hdr.darkest:g} to {found.hdr.brightest:g} cd/m2")
    if found.hdr.content_light:
        told.append("MaxCLL {}, MaxFALL {}".format(*found.hdr.content_light))
    return ", ".join(told)


def _sound(found: Inspection) -> str:
    told = [
        f"{s.codec} {s.rate} Hz, {s.channels} channels{', ' + s.language if s.language else ''}"
        for s in found.sound
    ]
    return "; ".join(told) or "none"
