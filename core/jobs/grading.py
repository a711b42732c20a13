# SPDX-License-Identifier: GPL-3.0-or-later
"""What a depth grade is asked for, and what it answers: for a project alone and for a scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..project import Manifest, Project, Shot
from ..stereo import FrameComfort, FrameDepth, StereoRig, Viewing, find_viewing, measure
from ..stereo.comfort import OUTSIDE
from ..stereo.floating_window import WindowTarget
from ..stereo.grade import Graded, grade
from ..stereo.grading import Target
from .subject import Place


@dataclass(frozen=True)
class Asked:
    """``screen``, ``screen_width``, ``screen_distance``: as `find_viewing`'s. ``subject``: "scene",
    "object" (where a job knows one), "region" (of ``region``: across, down, size, see `Place`) or
    "mask:NAME", a folder in the project's edits. ``shots``: names of those to grade, none: all;
    the others keep their rig. ``budget`` to ``clear`` as `Target`'s, in picture widths and seconds.
    ``window``: also make the floating window; ``softness`` and ``widest`` in picture widths.
    """

    project: str
    screen: str | None = None
    screen_width: float | None = None
    screen_distance: float | None = None
    subject: str = "scene"
    region: Sequence[float] = (0.5, 0.5, 0.15)
    shots: Sequence[str] = ()
    budget: float = Target.budget
    in_front: float = Target.in_front
    subject_at: float = Target.subject_at
    look: float = Target.look
    pace: float = Target.pace
    ease: float = Target.ease
    clear: bool = Target.clear
    window: bool = False
    softness: float = WindowTarget.softness
    widest: float = WindowTarget.most

    def viewing(self) -> Viewing:
        """Raises UsageError."""
        return find_viewing(self.screen, self.screen_width, self.screen_distance)

    def target(self) -> Target:
        """Raises UsageError."""
        return Target(
            self.budget,
            self.in_front,
            self.subject_at,
            look=self.look,
            pace=self.pace,
            ease=self.ease,
            clear=self.clear,
        )

    def window_target(self) -> WindowTarget:
        """Raises UsageError."""
        return WindowTarget(self.softness, self.widest)

    def place(self) -> Place | None:
        """Where in the picture the subject is; None where no picture tells. Raises UsageError."""
        if self.subject in ("scene", "object"):
            return None
        if self.subject == "region":
            if len(self.region) != 3:
                raise UsageError("A region has three numbers: across, down, size.")
            across, down, size = self.region
            return Place(across, down, size)
        kind, _, folder = self.subject.partition(":")
        if kind != "mask" or not folder:
            raise UsageError(
                f'There is no subject "{self.subject}": give scene, region, or mask:NAME, a folder '
                "in the project's edits."
            )
        folders = Path(self.project) / "edits"
        if folder in (".", "..") or set(folder) & set("/\\") or not (folders / folder).is_dir():
            known = sorted(p.name for p in folders.glob("*") if p.is_dir()) or ["none"]
            raise UsageError(
                f"{self.project} has no mask {folder} ({', '.join(known)}): press Rasterise Mask "
                "in Blender first."
            )
        return Place(mask=folder)

    def chosen(self, manifest: Manifest) -> list[Shot]:
        """Raises UsageError for a name that no shot has."""
        known = {shot.name: shot for shot in manifest.shots}
        for name in self.shots:
            if name not in known:
                raise UsageError(f'There is no shot "{name}": the shots are {", ".join(known)}.')
        return [shot for shot in manifest.shots if not self.shots or shot.name in self.shots]


@dataclass(frozen=True)
class Outcome:
    """Of a grade: its ``graded``, and the comfort ``before`` it."""

    graded: Graded
    before: list[FrameComfort]
    viewing: Viewing

    @property
    def frames(self) -> set[int]:
        """Those of the graded shots."""
        return {
            first + i
            for first, keys in self.graded.keys.items()
            for i in range(int(keys.frames[-1]) + 1)
        }

    def told(self) -> dict[str, Any]:
        """screen, before and after (each outside: frames that a limit is broken in; cut:
        frames with something before the screen that an edge cuts; span: least and
        median of the parallax between 5 and 95 % of a picture, in picture widths; inside: part of
        the frames), without_subject: names of shots graded by their whole depth."""
        return {
            "screen": self.viewing.name,
            "before": summary(self.before),
            "after": summary(self.graded.told),
            "without_subject": self.graded.whole,
        }

    def words(self) -> str:
        """The same of the graded shots, in a few sentences."""
        frames = self.frames
        was, now = (
            summary([frame for frame in told if frame.frame in frames])
            for told in (self.before, self.graded.told)
        )
        said = (
            f"Graded for {self.viewing.name}: frames outside its limits {len(was['outside'])} "
            f"before, {len(now['outside'])} now, of {len(frames)}. Most of a picture spans "
            f"{100 * now['span'][1]:.2f} % of its width (least {100 * now['span'][0]:.2f} %)."
        )
        others = [n for n in self.graded.outside() if n not in frames]
        if others:
            said += f" In shots that keep their rig, {len(others)} frames are outside."
        if self.graded.whole:
            names = ", ".join(self.graded.whole)
            said += f" The subject is in no frame of {names}: graded by the whole depth."
        return said


def grade_project(
    project: Project,
    asked: Asked,
    depths: Mapping[int, FrameDepth],
    rigs: Mapping[int, StereoRig],
    subject: Mapping[int, float] | None,
) -> Outcome:
    """Grade what ``asked`` says; the project's floating window, which belongs to the rig of before,
    is left out of its manifest. Raises UsageError."""
    manifest, viewing = project.manifest, asked.viewing()
    before = measure(manifest, depths, rigs, viewing)
    manifest.window = None
    graded = grade(
        manifest,
        depths,
        viewing,
        asked.target(),
        rigs=rigs,
        shots=asked.chosen(manifest),
        subject=subject,
    )
    return Outcome(graded, before, viewing)


def summary(told: Sequence[FrameComfort]) -> dict[str, Any]:
    """As `Outcome.told` says."""
    spans = sorted(frame.span for frame in told)
    outside = [frame.frame for frame in told if frame.verdict == OUTSIDE]
    cut = [frame.frame for frame in told if frame.left.cut or frame.right.cut]
    return {"outside": outside, "cut": cut, "span": [spans[0], spans[len(spans) // 2]]}
