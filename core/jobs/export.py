# SPDX-License-Identifier: GPL-3.0-or-later
"""One frame's relief as a file that other programs read: points, splats, or a mesh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SecondEyeError, UsageError
from ..project import Project
from ..project.atomic import write_bytes
from .again import check_complete
from .eye_settings import EyeSettings
from .progress import IsCancelled, Report, stop_if
from .shaped import Shaped

FORMS = {"points": "points", "splats": "3D Gaussians", "mesh": "triangles"}
ENDINGS = {"points": ".ply", "splats": ".ply", "mesh": ".glb"}


@dataclass(frozen=True)
class ExportJob:
    """Write timeline frame ``frame`` of ``project`` (None: its first) to the file ``output``.

    ``form``: "points" (position, normal, colour; camera axes: x right, y up, looking along -z),
    "splats" (3D Gaussians, see `delivery.splats`) or "mesh" (glTF, in the same axes as points, see
    `export_mesh`); None: a mesh for a name that ends in .glb, else points. ``near``, ``far``,
    ``strength`` replace the shot's. Scene units. ``layers``: with the foreground's soft rim and the
    background behind it, where the project has layers of its depth of today (`export_layers`).
    ``points``: of a cloud or of splats about so many, where depth bends or breaks, by a pattern of
    this frame alone (None: one a pixel).
    What stood at ``output`` is replaced, and stays where the job fails.
    """

    project: str
    output: str
    frame: int | None = None
    form: str | None = None
    near: float | None = None
    far: float | None = None
    strength: float | None = None
    layers: bool = True
    points: int | None = None

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers output, frame, points (their number; of a mesh its triangles), behind (how many
        of them are the background's), message.

        Raises SecondEyeError, UsageError, Cancelled.
        """
        stop_if(cancelled)
        output, form = self._check()
        project = Project.open(Path(self.project))
        check_complete(project)
        frame = project.manifest.first if self.frame is None else self.frame
        settings = EyeSettings(near=self.near, far=self.far, strength=self.strength)
        made_by = f"Second Eye, frame {frame} of {project.manifest.clip.path}"
        shaped = Shaped(project, settings)
        make = self._glb if form == "mesh" else self._ply
        data, counts = make(project, shaped, frame, form, made_by, lambda _: stop_if(cancelled))
        stop_if(cancelled)
        write_bytes(output, data)
        count, behind = sum(counts), sum(counts[1:])
        return {
            "output": str(output),
            "frame": frame,
            "points": count,
            "behind": behind,
            "message": f"{output}: {count} {FORMS[form]} of frame {frame}"
            + (f", {behind} of them behind the foreground." if behind else "."),
        }

    def _check(self) -> tuple[Path, str]:
        """The file and the form. Raise UsageError before anything is read."""
        output = Path(self.output)
        ending = output.suffix.lower()
        form = self.form or ("mesh" if ending == ".glb" else "points")
        if form not in FORMS:
            raise UsageError(f'There is no form "{form}": the forms are {", ".join(FORMS)}.')
        if ending != ENDINGS[form]:
            raise UsageError(
                f"{output} is no {ENDINGS[form]} file: give a name that ends in .ply for points "
                "and splats, in .glb for a mesh."
            )
        if self.points is not None and form == "mesh":
            raise UsageError(
                "A mesh has the triangles of its shot's pattern: second-eye sample sets their "
                "number; --points is for clouds and splats."
            )
        if output.is_dir():
            raise UsageError(f"{output} is a folder: name the file to write.")
        if not output.parent.is_dir():
            raise UsageError(f"{output.parent} is no folder: make it, or name another one.")
        return output, form

    def _ply(
        self,
        project: Project,
        shaped: Shaped,
        frame: int,
        form: str,
        made_by: str,
        told: Callable[[int], None],
    ) -> tuple[bytes, list[int]]:
        """The file, and how many points each layer has."""
        from ..delivery.ply import encode_ply, point_vertices
        from ..delivery.splats import splat_vertices
        from .export_layers import sheets
        from .export_points import sparse

        count = self.points
        chosen = None if count is None else lambda depth: sparse(depth, count, told)
        found = sheets(project, shaped, frame, self.layers, chosen)
        if not len(found[0].surface.points):
            raise SecondEyeError(
                f"The depth of frame {frame} is nothing but steps: lower the strength."
            )
        make = {"points": point_vertices, "splats": splat_vertices}[form]
        made = [make(sheet.surface, sheet.colours, sheet.alpha) for sheet in found]
        comment = made_by.encode("ascii", "replace").decode()
        return encode_ply(np.concatenate(made), (comment,)), [len(part) for part in made]

    def _glb(
        self,
        project: Project,
        shaped: Shaped,
        frame: int,
        form: str,
        made_by: str,
        told: Callable[[int], None],
    ) -> tuple[bytes, list[int]]:
        """The file, and how many triangles each layer has."""
        from ..delivery.glb import encode_glb
        from .export_mesh import meshes

        made = meshes(project, shaped, frame, self.layers)
        return encode_glb(made, made_by), [len(mesh.triangles) for mesh in made]
