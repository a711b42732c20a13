# SPDX-License-Identifier: GPL-3.0-or-later
"""Footage to a stereo movie without a render: the fast path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ..errors import UsageError
from ..media.audio_encoding import sound_codec
from ..media.join import Sound
from .composing import Composer, Shape
from .export_folder import stamp_of
from .export_times import check_timing, times_of
from .export_video import chosen_video, coloured
from .export_writing import check_container, check_writing, named_output
from .exporting import Export
from .eye_settings import EyeSettings
from .eyes import Eyes
from .footage import Footage
from .layers import PARALLAX, WIDEST, make_layers
from .progress import IsCancelled, Report, stop_if
from .tables import current_tables


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
    replaces crf. ``surround``, ``field_of_view`` and ``eye_size`` are VR180's (`composing.Shape`).
    ``layers``: what stands behind the foreground is made first where it is missing or stale
    (`layers.make_layers`), wide enough for the rig; layers that stand there serve in any case.
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
    surround: str = "black"
    layers: bool = False
    field_of_view: float | None = None
    eye_size: int | None = None
    timing: str = "source"

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers output, outputs, project, format, first, last, frames, timing, width, height (of
        a picture in the file), codec, rig, sound, layers (frames of them made now), checked (a line
        a file), message; ``rig`` holds the first frame's interocular and convergence.

        Raises SecondEyeError, UsageError, Cancelled; no movie is left then, the project stays.
        """
        stop_if(cancelled)
        # Whatever can be wrong with the request is found out before hours of analysis.
        video = chosen_video(
            self.format, self.preset, self.codec, self.crf, self.bit_rate, self.speed
        )
        if self.keep not in (None, "left", "right"):
            raise UsageError(f'There is no eye "{self.keep}" to keep: give left or right.')
        check_timing(self.timing)
        output = named_output(self.output)
        check_container(output, video)
        footage = Footage.opened(self.clip, self.project, self.rate, output)
        footage.spare(video.outputs(output))
        settings = self._eye_settings()
        first, last = footage.range(self.first, self.last)
        manifest = None if footage.project is None else footage.project.manifest
        settings.check(manifest, (first, last))
        video = coloured(video, *footage.coded(), codec=self.codec, preset=self.preset)
        size, rate = self._shape(video.format, footage).size(), footage.rate
        began = (first - 1) / rate
        sound, silent = None, ""
        if self.sound:
            sound, silent = footage.sound(began, (last + 1 - first) / rate, output, report)
        check_writing(output, video, size, rate, sound)
        project = footage.analysed(
            (first, last), self.model, self.device, self.rate, report, cancelled
        )
        shape = self._shape(video.format, footage)
        bits = 16 if video.bits > 8 else 8
        tables = None
        if project.manifest.camera is None:
            tables = current_tables(project, report, cancelled)
        eyes = Eyes(project, settings, parallel=video.format == "vr180", bits=bits, tables=tables)
        layered = 0
        if self.layers and video.format != "rgbd":
            layered = _with_layers(eyes, footage, (first, last), report, cancelled)
        rig = eyes.rig(first)
        frames, times, began = times_of(project.manifest, first, last, self.timing)
        export = Export(
            output, video, shape.size(), rate, frames,
            None if sound is None else replace(sound, start=began), rig,
            project.manifest.metres_per_unit, times, footage.movie(), began,
        )  # fmt: skip
        stamp = stamp_of(project, (settings, shape, video, rate, times), frames)
        checked, heard = export.run(Composer(eyes, shape).pictures, stamp, report, cancelled)
        width, height = export.stored_size
        baked = project.manifest.camera
        left_out = [baked.left_out] if baked is not None and baked.left_out else []
        return {
            "output": str(export.outputs[0]),
            "outputs": [str(name) for name in export.outputs],
            "project": str(project.folder),
            "format": video.format,
            "first": first,
            "last": last,
            "frames": len(frames),
            "timing": "constant" if times is None else "source",
            "width": width,
            "height": height,
            "codec": video.codec,
            "rig": {"interocular": rig.interocular, "convergence": rig.convergence},
            "sound": heard,
            "layers": layered,
            "checked": checked,
            "message": f"{' and '.join(str(name) for name in export.outputs)}: "
            f"{_counted(len(frames))}, {width}x{height}, {video.format}"
            f"{_sound_words(sound, heard, export.outputs[0])}. "
            + " ".join(line for line in (*checked, *left_out, silent) if line),
        }

    def _eye_settings(self) -> EyeSettings:
        return EyeSettings(
            self.near,
            self.far,
            self.strength,
            self.interocular,
            self.convergence,
            self.budget,
            self.keep,
        )

    def _shape(self, name: str, footage: Footage) -> Shape:
        return Shape(
            name,
            *footage.size,
            footage.focal,
            self.surround,
            self.field_of_view,
            self.eye_size,
        )


def _with_layers(
    eyes: Eyes, footage: Footage, frames: tuple[int, int], report: Report, cancelled: IsCancelled
) -> int:
    """Make the layers of the shots that ``frames`` (first, last) touch; how many frames of them.

    Whole shots: what later frames show fills earlier ones.
    """
    project = footage.known
    shots = [s for s in project.manifest.shots if s.first <= frames[1] and s.last >= frames[0]]
    made = make_layers(
        project,
        shots,
        lambda shot: min(max(PARALLAX, eyes.reach(shot)), WIDEST),
        report,
        cancelled,
        keep_wider=True,
    )
    eyes.look_for_layers()
    return sum(shot["frames"] for shot in made)


def _sound_words(sound: Sound | None, heard: bool, output: Path) -> str:
    if sound is None:
        return ""
    if not heard:
        return f", silent: {sound.source.name} has no sound in these frames"
    written = sound_codec(output)
    again = "" if written == sound_codec(sound.source) else f", encoded again as {written}"
    return f", with sound{again}"


def _counted(frames: int) -> str:
    return "1 frame" if frames == 1 else f"{frames} frames"
