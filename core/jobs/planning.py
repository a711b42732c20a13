# SPDX-License-Identifier: GPL-3.0-or-later
"""Before analysis: which project, which frames, and whether clip and model belong to it."""

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SecondEyeError, UsageError
from ..project import (
    ClipRecord,
    ColourRecord,
    DepthRecord,
    LensRecord,
    Manifest,
    ModelRecord,
    Project,
    Shot,
    TimelineRecord,
)
from .metres import METRES

if TYPE_CHECKING:
    from ..depth import DepthModel
    from ..media import Clip

# Depth finer than this adds nothing that today's networks see, but costs disk and Blender's time.
LONGEST_DEPTH_SIDE = 1280


def requested_range(clip: "Clip", first: int | None, last: int | None) -> tuple[int, int]:
    """The timeline frames asked for, both included; None is the clip's end on that side.

    Raises UsageError for frames that the clip does not have.
    """
    count = len(clip.timeline)
    first, last = 1 if first is None else first, count if last is None else last
    if not 1 <= first <= last <= count:
        raise UsageError(
            f"{clip.path} has the frames 1 to {count}, not {first} to {last}: "
            "choose a range inside it."
        )
    return first, last


def depth_dimensions(width: int, height: int, longest: int | None) -> tuple[int, int]:
    """(width, height) of the depth files: the plate's aspect, never larger than the plate.

    Raises UsageError for a ``longest`` side below 1.
    """
    if longest is not None and longest < 1:
        raise UsageError(f"A depth size of {longest} makes no picture: give at least 1.")
    wanted = LONGEST_DEPTH_SIDE if longest is None else longest
    side = max(width, height)
    if side <= wanted:
        return width, height
    ratio = Fraction(wanted, side)
    return max(1, round(width * ratio)), max(1, round(height * ratio))


def new_manifest(
    folder: Path,
    clip: "Clip",
    frames: tuple[int, int],
    model: "DepthModel",
    size: int | None,
    depth_size: tuple[int, int],
) -> Manifest:
    """The manifest of a project about to be analysed, every stage pending."""
    info, count = clip.info, frames[1] - frames[0] + 1
    focal = info.focal_over_width
    path, absolute = clip_paths(folder, clip.path)
    return Manifest(
        clip=ClipRecord(
            path=path,
            absolute=absolute,
            kind=info.kind,
            fingerprint=clip.fingerprint(),
            width=info.width,
            height=info.height,
            bit_depth=info.bit_depth,
            has_audio=info.has_audio,
            notes=list(info.notes),
            colour=ColourRecord(
                info.colour.primaries,
                info.colour.transfer,
                info.colour.matrix,
                list(info.colour.mastering),
                list(info.colour.light),
            ),
        ),
        timeline=TimelineRecord(
            rate=clip.timeline.rate,
            time_base=clip.timeline.time_base,
            source_pts=list(clip.timeline.source_pts),
        ),
        first=frames[0],
        last=frames[1],
        depth=DepthRecord(*depth_size, scale=[1.0] * count, shift=[0.0] * count),
        shots=[Shot(name="shot_001", first=frames[0], last=frames[1])],
        lens=LensRecord() if focal is None else LensRecord(focal, "metadata", focal),
        model=model_record(model, size),
        metres_per_unit=1.0 if model.unit == METRES else None,
    )


def model_record(model: "DepthModel", size: int | None) -> ModelRecord:
    """What the manifest says of ``model`` at the ``size`` asked for."""
    return ModelRecord(model.name, model.sha256, size, model.unit, model.window)


def is_unused(project: Project) -> bool:
    """Whether no frame of depth stands there yet, so that the project is bound to no model."""
    manifest = project.manifest
    return not manifest.complete and not any(project.base_path(n).exists() for n in manifest.frames)


def is_model(project: Project, model: "DepthModel", size: int | None) -> bool:
    """Whether ``model``, asked for at ``size``, is the one that the project was begun with."""
    record = project.manifest.model
    return record.sha256 == model.sha256 and size in (None, record.size)


def adopt_model(project: Project, model: "DepthModel", size: int | None) -> None:
    """Give an unused project another model: the former one failed before its first frame."""
    manifest = project.manifest
    record = model_record(model, size)
    if record != manifest.model:
        manifest.model = record
        manifest.metres_per_unit = 1.0 if model.unit == METRES else None
        project.save()


def clip_paths(folder: Path, clip: Path) -> tuple[str, str]:
    """(relative to the project, absolute); twice the absolute one across Windows' drives."""
    absolute = clip.resolve()
    try:
        relative = Path(os.path.relpath(absolute, folder.resolve()))
    except ValueError:
        relative = absolute
    return relative.as_posix(), absolute.as_posix()


def check_clip(project: Project, clip: "Clip") -> None:
    """Raise SecondEyeError where the project was made from another clip."""
    record = project.manifest.clip
    if record.fingerprint != clip.fingerprint():
        raise SecondEyeError(
            f"{project.folder} belongs to another clip ({record.path}), or {clip.path} has "
            "changed since: give this clip another project folder."
        )


def sequence_rate(rate: Sequence[int] | None) -> Fraction | None:
    """[numerator, denominator] as a rate. Raises UsageError where that is no rate."""
    if rate is None:
        return None
    if len(rate) != 2 or min(rate) < 1:
        raise UsageError(
            f"{rate} is no frame rate: give frames a second, such as 25 or 24000/1001."
        )
    return Fraction(rate[0], rate[1])


def check_rate(clip: "Clip", rate: Sequence[int] | None) -> None:
    """Raise UsageError where a rate is asked for that a movie has already."""
    if rate is not None and clip.info.kind != "sequence":
        raise UsageError(f"{clip.path} is a movie with a rate of its own: leave the rate away.")


def check_project_rate(project: Project, rate: Sequence[int] | None) -> None:
    """Raise SecondEyeError where the project's timeline runs at another rate."""
    wanted, stored = sequence_rate(rate), project.manifest.timeline.rate
    if wanted is not None and wanted != stored:
        raise SecondEyeError(
            f"{project.folder} runs at {stored} frames a second, not at {wanted}: "
            "leave the rate away, or give another project folder."
        )


def check_model(project: Project, model: "DepthModel", size: int | None) -> None:
    """Raise SecondEyeError where depth of two models, or two sizes, would mix."""
    record = project.manifest.model
    if size is not None and size != record.size:
        was = "its own size" if record.size is None else f"size {record.size}"
        raise SecondEyeError(
            f"{project.folder} was analysed with the model at {was}, not at size {size}: "
            "leave the size away, or give another project folder."
        )
    if record.sha256 != model.sha256:
        raise SecondEyeError(
            f"{project.folder} was analysed with the model {record.name}, not with {model.name} "
            "as it is now: ask for that model, or give another project folder."
        )


def check_depth_size(project: Project, longest: int | None) -> None:
    """Raise SecondEyeError where the project's depth files have another size."""
    manifest = project.manifest
    if longest is None:
        return
    stored = (manifest.depth.width, manifest.depth.height)
    if stored != depth_dimensions(manifest.clip.width, manifest.clip.height, longest):
        raise SecondEyeError(
            f"The depth files of {project.folder} are {stored[0]}x{stored[1]}: leave the depth "
            "size away, or give another project folder."
        )
