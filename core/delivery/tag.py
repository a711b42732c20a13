# SPDX-License-Identifier: GPL-3.0-or-later
"""Stereo and projection metadata for a movie that exists; no picture is encoded again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.packet import Packet

from ..errors import SecondEyeError, UsageError
from ..media import BT709, ColourTags
from ..media.matroska import SUFFIXES as MATROSKA
from .boxes import BoxFile, Node, looks_like_boxes, rewrite
from .entry import drop_spherical_v1, set_configurations, set_spatial, video_entries
from .frame_packing import CODECS, FramePackingWriter
from .hevc.errors import BitstreamError
from .inspection import Inspection, inspect_movie
from .inspection.container import read_contents
from .mastering import mastering_boxes, set_mastering
from .multiview_mux import mux_multiview
from .remux import BOXED, main_video, opened, remux, unfinished
from .spatial import Spatial, spatial_boxes

RAW = (".hevc", ".265", ".h265")
# Matroska's StereoMode, in FFmpeg's words.
STEREO_MODES = {
    "mono": "mono",
    "left-right": "left_right",
    "right-left": "right_left",
    "top-bottom": "top_bottom",
}


@dataclass(frozen=True)
class Tagged:
    """What was written: ``written`` names the kinds of tags, ``notes`` are sentences of doubt."""

    pictures: int | None
    written: tuple[str, ...]
    notes: tuple[str, ...]


def tag_movie(
    source: Path,
    output: Path,
    told: Spatial,
    *,
    rate: Fraction | None = None,
    sound: Path | None = None,
    hdr: ColourTags = BT709,
    faststart: bool = True,
    progress: Callable[[int], None] = lambda pictures: None,
    stop: Callable[[], None] = lambda: None,
    check: Callable[[Path, int | None], None] = lambda whole, pictures: None,
) -> Tagged:
    """Write ``source`` as ``output`` (which may be the same file) with ``told`` as its metadata.

    MP4 and MOV get st3d, sv3d, vexu and hfov, Matroska its StereoMode; flat pictures in H.264 or
    HEVC get a frame packing SEI at each key frame, in any container. Tags that the movie had before
    are replaced; layout "mono" removes them. MP4 and MOV get the HDR metadata of ``hdr`` too, as
    far as it has any; what the movie had stays otherwise. Layout "multiview" is for HEVC with two
    layers; ``rate`` is for a raw stream of it. ``sound``: a file whose sound is copied in place of
    the movie's own. ``check`` gets the whole file before
    it has its name, and the pictures written (None: none was touched); it may raise. The file
    appears whole under its name or not at all. Raises UsageError, SecondEyeError.
    """
    told = told.check().with_projected_view()
    found = inspect_movie(source)
    _check(found, output, told)
    pictures: int | None = None
    if told.layout == "multiview" and not found.has_second_configuration:
        pictures = mux_multiview(
            source,
            output,
            told,
            rate=rate,
            sound=sound,
            faststart=faststart,
            progress=progress,
            stop=stop,
            check=check,
        )
        return Tagged(pictures, ("hvcC", "lhvC", *_kinds(told)), tuple(_doubts(found, told)))
    boxed = output.suffix.lower() in BOXED
    writes_sei = _wants_sei(found, told)
    copied = writes_sei or not boxed or sound is not None or not _rewritable(source, output)
    second = b""
    if copied and found.has_second_configuration:
        second = read_contents(source).second_configuration or b""
    with unfinished(output) as (muxed, final):
        if copied:
            copy = muxed if boxed else final
            pictures = _copy(source, copy, found, told, writes_sei, sound, progress, stop)
        if boxed:
            rewrite(
                muxed if copied else source,
                final,
                lambda moov: _describe(moov, str(source), told, hdr, second if copied else None),
                faststart=faststart,
                stop=stop,
            )
        check(final, pictures)
    written = [*_kinds(told)] if boxed else []
    if _sei_layout(told) not in ("mono", "multiview") and found.codec in CODECS:
        written.append("frame packing SEI")
    if output.suffix.lower() in MATROSKA:
        written.append("StereoMode")
    return Tagged(pictures, tuple(written), tuple(_doubts(found, told)))


def _check(found: Inspection, output: Path, told: Spatial) -> None:
    suffix = output.suffix.lower()
    if suffix not in (*BOXED, *MATROSKA):
        raise UsageError(f"{output.name} can't be tagged: name it .mp4, .mov or .mkv.")
    if told.layout == "multiview" and suffix not in BOXED:
        raise UsageError(f"{output.name} can't hold MV-HEVC: name it .mp4 or .mov.")
    if told.layout == "multiview" and found.layers != 2:
        raise SecondEyeError(
            f"{found.path} has no two views in layers: stitch two encodes (second-eye stitch LEFT"
            " RIGHT), or name the packing, such as left-right."
        )
    if told.layout != "multiview" and found.layers > 1:
        raise UsageError(
            f"{found.path} has {found.layers} views in layers: its layout can only be multiview."
        )
    if suffix in MATROSKA and told.projection != "rectangular":
        raise UsageError(f"{output.name} would lose its projection: name it .mp4 or .mov.")
    if Path(found.path).suffix.lower() in RAW and told.layout != "multiview":
        raise UsageError(f"{found.path} is a raw stream without a clock: put it into an MP4 first.")
    if not output.parent.is_dir():
        raise SecondEyeError(f"{output.parent} is no folder: make it, or choose another.")


def _wants_sei(found: Inspection, told: Spatial) -> bool:
    """For flat packed pictures, and where one is there that would contradict the new tags.

    Headsets know VR180 and 360 by their boxes; there the SEI would only make a flat player cut
    the sphere in halves.
    """
    if found.codec not in CODECS or told.layout == "multiview":
        return False
    return (found.frame_packing or "mono") != _sei_layout(told)


def _sei_layout(told: Spatial) -> str:
    return told.layout if told.projection == "rectangular" else "mono"


def _rewritable(source: Path, output: Path) -> bool:
    """Whether the boxes can be changed in place: the same kind of container, not fragmented."""
    if source.suffix.lower() != output.suffix.lower() or not looks_like_boxes(source):
        return False
    with source.open("rb") as file:
        return not any(box.kind == "moof" for box in BoxFile(file, str(source)).boxes)


def _copy(
    source: Path,
    target: Path,
    found: Inspection,
    told: Spatial,
    writes_sei: bool,
    sound: Path | None,
    progress: Callable[[int], None],
    stop: Callable[[], None],
) -> int:
    metadata = {}
    if target.suffix.lower() in MATROSKA:
        metadata["stereo_mode"] = STEREO_MODES[told.layout]
    change: Callable[[Packet], Packet] = _unchanged
    try:
        if writes_sei:
            with opened(source) as container:
                change = FramePackingWriter(main_video(container, source), _sei_layout(told))
        return remux(
            source,
            target,
            change,
            video_metadata=metadata,
            sound=sound,
            progress=progress,
            stop=stop,
        )
    except BitstreamError as error:
        raise SecondEyeError(f"{source} can't be used: {error}.") from error


def _unchanged(packet: Packet) -> Packet:
    return packet


def _describe(moov: Node, name: str, told: Spatial, hdr: ColourTags, second: bytes | None) -> None:
    """``second``: lhvC, which FFmpeg doesn't copy; b"": there is none; None: nothing was copied."""
    drop_spherical_v1(moov)
    for entry in video_entries(moov, name):
        set_mastering(entry, mastering_boxes(hdr))
        set_spatial(entry, spatial_boxes(told))
        base = entry.find("hvcC")
        if second and base is not None:
            set_configurations(entry, base.data, second)
        if second is not None and entry.kind == "hev1":  # FFmpeg's; Apple's players want the other
            entry.kind = "hvc1"


def _kinds(told: Spatial) -> list[str]:
    return [node.kind for node in spatial_boxes(told)]


def _doubts(found: Inspection, told: Spatial) -> list[str]:
    """What the tags say that the picture's shape doesn't look like."""
    width, height = found.width, found.height
    if told.layout in ("left-right", "right-left"):
        width //= 2
    elif told.layout == "top-bottom":
        height //= 2
    wanted = {"vr180": 1.0, "vr360": 2.0}.get(told.projection)
    if wanted is None or not height or abs(width / height / wanted - 1) < 0.01:
        return []
    return [
        f"Each eye has {width}x{height} pixels; {told.projection.upper()} is {wanted:g} times as"
        " wide as high, so the sphere will look squeezed."
    ]
