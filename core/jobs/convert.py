# SPDX-License-Identifier: GPL-3.0-or-later
"""Footage to a stereo movie without a render: the fast path."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import SecondEyeError, UsageError
from ..media.audio_encoding import sound_codec
from ..media.join import Sound
from ..project import ClipRecord, Manifest, Project
from . import planning
from .composing import Composer, Shape
from .export_times import check_timing, source_times
from .export_video import chosen_video, coloured
from .export_writing import check_container, check_writing
from .exporting import Export, stamp_of
from .eyes import Eyes, EyeSettings
from .progress import IsCancelled, Progress, Report, stop_if

if TYPE_CHECKING:
    from ..media import Clip, ClipInfo, ColourTags


@dataclass(frozen=True)
class ConvertJob:
    """Write the movie ``output`` in ``format`` (see ``core.delivery.formats``).

    ``clip`` or ``project`` or both: without a project, NAME.secondeye beside the output serves,
    NAME being the clip's; without a clip, the project's own. Depth that is missing is made first,
    with ``model`` on ``device``. ``first..last`` are timeline frames, both included (None: all of
    the clip, or of the project where no clip is given). ``rate``: [numerator, denominator] in
    frames a second, for an image sequence, which has none of its own.

    The rig is the project's baked camera, else one suggested for every shot within
    ``budget`` (total parallax in picture widths); ``interocular`` and ``convergence`` (scene
    units) replace its numbers, ``near``, ``far`` and ``strength`` those of every shot. ``sound``:
    whether the clip's is kept. ``keep``: the eye that is the clip's own picture; None: both are
    made, half of the way each.

    ``preset`` (`core.delivery.presets`) chooses format, ``codec``, ``crf`` (constant quality) and
    ``speed`` (the encoder's preset) where they are not given; ``bit_rate``, in bits a second,
    replaces crf. ``outside``, ``field_of_view`` and ``eye_size`` are VR180's (`composing.Shape`).
    ``timing``: "source" shows a clip of variable rate at its own times, each picture once;
    "constant" at the rate it was conformed to. An export that was stopped goes on with the parts
    that are finished (`exporting`).
    """

    output: str
    format: str | None = None
    clip: str | None = None
    project: str | None = None
    model: str | None = None
    first: int | None = None
    last: int | None = None
    near: float | None = None
    far: float | None = None
    strength: float | None = None
    interocular: float | None = None
    convergence: float | None = None
    budget: float = 0.02
    rate: Sequence[int] | None = None
    sound: bool = True
    device: str | None = None
    keep: Literal["left", "right"] | None = None
    preset: str | None = None
    codec: str | None = None
    crf: int | None = None
    bit_rate: int | None = None
    speed: str | None = None
    outside: str = "black"
    field_of_view: float | None = None
    eye_size: int | None = None
    timing: str = "source"

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers output, outputs, project, format, first, last, frames, width, height (of a
        picture in the file), codec, rig, sound, checked (a line a file), message; ``rig`` holds the
        first frame's interocular and convergence.

        Raises SecondEyeError, UsageError, Cancelled; no movie is left then, the project stays.
        """
        from ..media import open_clip

        stop_if(cancelled)
        video = chosen_video(
            self.format, self.preset, self.codec, self.crf, self.bit_rate, self.speed
        )
        if self.keep not in (None, "left", "right"):
            raise UsageError(f'There is no eye "{self.keep}" to keep: give left or right.')
        check_timing(self.timing)
        output = _checked_output(self.output)
        check_container(output, video)
        settings = EyeSettings(
            self.near,
            self.far,
            self.strength,
            self.interocular,
            self.convergence,
            self.budget,
            self.keep,
        )
        clip = None
        if self.clip or not self.project:
            clip = open_clip(self._clip_path(), planning.sequence_rate(self.rate))
            planning.check_rate(clip, self.rate)
        for name in video.outputs(output):
            if clip is not None and _same_file(clip.path, name):
                raise UsageError(f"{name} is the clip itself: give the movie another name.")
        # Whatever can be wrong with the request is found out before hours of analysis.
        folder = Path(self.project) if self.project else self._default_project(output)
        project = self._existing(folder, clip)
        if clip is None and project is not None:
            _spare_clip(project, video.outputs(output))
        manifest = None if project is None else project.manifest
        settings.check(manifest)
        video = coloured(video, *_coded(clip, project), codec=self.codec, preset=self.preset)
        first, last = self._range(clip, manifest)
        source = self._sound(project, clip, report) if self.sound else None
        shown, rate = _shown(clip, manifest)
        focal = 1.0 if manifest is None else manifest.lens.focal_over_width
        size = self._shape(video.format, shown, focal).size()
        sound, began = None, (first - 1) / rate
        if source is not None:
            origin = (clip or open_clip(source)).origin
            sound = Sound(source, began, origin)
        check_writing(output, video, size, rate, sound)
        project = self._analysed(project, clip, folder, (first, last), report, cancelled)
        shape = self._shape(video.format, shown, project.manifest.lens.focal_over_width)
        bits = 16 if video.bits > 8 else 8
        eyes = Eyes(project, settings, parallel=video.format == "vr180", bits=bits)
        rig = eyes.rig(first)
        frames, times = self._times(project.manifest, first, last)
        if times is not None:
            timeline = project.manifest.timeline
            began = (timeline.source_pts[first - 1] - timeline.source_pts[0]) * timeline.time_base
            sound = None if sound is None else replace(sound, start=began)
        export = Export(
            output, video, shape.size(), rate, frames, sound, rig,
            project.manifest.metres_per_unit, times, _movie(clip, project), began,
        )  # fmt: skip
        stamp = stamp_of(project, (settings, shape, video, rate, times), frames)
        checked = export.run(Composer(eyes, shape).pictures, stamp, report, cancelled)
        width, height = export.stored_size
        count = len(export.frames)
        return {
            "output": str(export.outputs[0]),
            "outputs": [str(name) for name in export.outputs],
            "project": str(project.folder),
            "format": video.format,
            "first": first,
            "last": last,
            "frames": count,
            "timing": "constant" if times is None else "source",
            "width": width,
            "height": height,
            "codec": video.codec,
            "rig": {"interocular": rig.interocular, "convergence": rig.convergence},
            "sound": sound is not None,
            "checked": checked,
            "message": f"{' and '.join(str(name) for name in export.outputs)}: {_counted(count)}, "
            f"{width}x{height}, {video.format}{_sound_words(sound, export.outputs[0])}. "
            + " ".join(checked),
        }

    def _times(
        self, manifest: Manifest, first: int, last: int
    ) -> tuple[Sequence[int], list[Fraction] | None]:
        """The timeline frames to write, and when they are shown (`source_times`)."""
        told, timeline = None, manifest.timeline
        if self.timing == "source" and manifest.clip.kind == "movie":
            told = source_times(timeline.source_pts, timeline.time_base, timeline.rate, first, last)
        return (range(first, last + 1), None) if told is None else told

    def _shape(self, name: str, shown: ClipInfo | ClipRecord, focal: float) -> Shape:
        return Shape(
            name,
            shown.width,
            shown.height,
            focal,
            self.outside,
            self.field_of_view,
            self.eye_size,
        )

    def _clip_path(self) -> str:
        if self.clip is None:
            raise UsageError("Convert needs a clip or a depth project: give one of them.")
        return self.clip

    def _existing(self, folder: Path, clip: Clip | None) -> Project | None:
        """The project as it stands, checked against the clip; None where it is yet to be made."""
        if clip is not None and not Project.exists(folder):
            return None
        project = Project.open(folder)
        if clip is not None:
            planning.check_clip(project, clip)
            planning.check_project_rate(project, self.rate)
        return project

    def _range(self, clip: Clip | None, manifest: Manifest | None) -> tuple[int, int]:
        """The timeline frames asked for. Raises UsageError."""
        if clip is not None:
            return planning.requested_range(clip, self.first, self.last)
        assert manifest is not None
        first = manifest.first if self.first is None else self.first
        last = manifest.last if self.last is None else self.last
        count = len(manifest.timeline.source_pts)
        if not 1 <= first <= last <= count:
            raise UsageError(
                f"{self.project} has the frames 1 to {count}, not {first} to {last}: "
                "choose a range inside it."
            )
        return first, last

    def _analysed(
        self,
        project: Project | None,
        clip: Clip | None,
        folder: Path,
        frames: tuple[int, int],
        report: Report,
        cancelled: IsCancelled,
    ) -> Project:
        """The project with depth for every frame asked for."""
        if project is not None and self.model is None and _covers(project, *frames):
            if self.device is not None:  # nothing is left to run there, yet the wish is a mistake
                from ..depth.device import choose_device

                choose_device(self.device, project.manifest.model.name)
            return project
        from .analyse import AnalyseJob

        path = str(clip.path) if clip is not None else str(_opened(project).clip_path())
        AnalyseJob(
            clip=path,
            project=str(folder),
            model=self.model,
            first=frames[0],
            last=frames[1],
            rate=self.rate if clip is not None else None,
            device=self.device,
        ).run(report, cancelled)
        return Project.open(folder)

    def _default_project(self, output: Path) -> Path:
        return output.parent / f"{Path(self._clip_path()).stem}.secondeye"

    @staticmethod
    def _sound(project: Project | None, clip: Clip | None, report: Report) -> Path | None:
        """The clip, where it has sound to copy."""
        if clip is not None:
            return clip.path if clip.info.has_audio else None
        if project is None or not project.manifest.clip.has_audio:
            return None
        try:
            return project.clip_path()
        except SecondEyeError as error:
            report(Progress("convert", 0, 0, f"The movie stays silent: {error}"))
            return None


def _shown(clip: Clip | None, manifest: Manifest | None) -> tuple[ClipInfo | ClipRecord, Fraction]:
    """What tells the picture's size, and frames a second."""
    if manifest is not None:
        return manifest.clip, manifest.timeline.rate
    assert clip is not None
    return clip.info, clip.timeline.rate


def _coded(clip: Clip | None, project: Project | None) -> tuple[ColourTags, int]:
    """What the clip's values mean, and its bits a channel."""
    from ..media import BT709, ColourTags, open_clip

    if clip is not None:
        return clip.info.colour, clip.info.bit_depth
    record = _opened(project).manifest.clip
    if (kept := record.colour) is not None:
        tags = (kept.primaries, kept.transfer, kept.matrix)
        return ColourTags(*tags, tuple(kept.mastering), tuple(kept.light)), record.bit_depth
    try:  # a project made before the colour was kept
        return open_clip(_opened(project).clip_path()).info.colour, record.bit_depth
    except SecondEyeError:
        return BT709, record.bit_depth


def _opened(project: Project | None) -> Project:
    if project is None:
        raise UsageError("Convert needs a clip or a depth project: give one of them.")
    return project


def _covers(project: Project, first: int, last: int) -> bool:
    """Whether every file is there; one that is damaged says so when it is read."""
    manifest = project.manifest
    if not (manifest.complete and manifest.first <= first and last <= manifest.last):
        return False
    return all(
        project.depth_path(n).exists() and project.plate_path(n).exists()
        for n in range(first, last + 1)
    )


def _checked_output(name: str) -> Path:
    """Found out now, not after hours of analysis. Raises SecondEyeError."""
    output = Path(name).expanduser()
    if output.is_dir():
        raise UsageError(f"{output} is a folder: give the movie a name such as movie.mp4.")
    if not output.suffix:
        raise UsageError(f"{output} has no extension of a movie: use .mp4, .mov or .mkv.")
    if not output.parent.is_dir():
        raise SecondEyeError(f"{output.parent} is no folder: make it, or choose another.")
    if not os.access(output.parent, os.W_OK):
        raise SecondEyeError(f"{output.parent} can't be written: choose another folder.")
    return output


def _movie(clip: Clip | None, project: Project) -> Path | None:
    """The footage, where it is a movie and still there: its chapters go along, sound or not."""
    try:
        path = clip.path if clip is not None else project.clip_path()
    except SecondEyeError:
        return None
    return path if path.is_file() and project.manifest.clip.kind == "movie" else None


def _sound_words(sound: Sound | None, output: Path) -> str:
    if sound is None:
        return ""
    written = sound_codec(output)
    again = "" if written == sound_codec(sound.source) else f", encoded again as {written}"
    return f", with sound{again}"


def _counted(frames: int) -> str:
    return "1 frame" if frames == 1 else f"{frames} frames"


def _spare_clip(project: Project, outputs: Sequence[Path]) -> None:
    """Raise UsageError where an output would replace the clip that the project was made of."""
    try:
        source = project.clip_path()
    except SecondEyeError:  # it is gone, and so can't be hit
        return
    for name in outputs:
        if _same_file(source, name):
            raise UsageError(f"{name} is the project's clip: give the movie another name.")


def _same_file(first: Path, second: Path) -> bool:
    return second.exists() and first.exists() and first.samefile(second)
