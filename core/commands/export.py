# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye export PROJECT -o FILE.ply|FILE.glb``: a frame as points, 3D Gaussians, a mesh."""

import argparse
from typing import Any

from ..console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("project", metavar="PROJECT", help="an analysed depth project")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help=".ply or .glb; what stands there is replaced",
    )
    parser.add_argument(
        "--frame", type=int, metavar="N", help="timeline frame; default: the project's first"
    )
    parser.add_argument(
        "--form",
        choices=("points", "splats", "mesh"),
        help="a point cloud with normals and colours, or 3D Gaussians for splat viewers (.ply), or "
        "triangles that wear the picture (glTF, .glb); default: by the file's name",
    )
    for name, what in (
        ("near", "distance of the nearest things"),
        ("far", "distance of the farthest"),
    ):
        parser.add_argument(
            f"--{name}", type=float, metavar="UNITS", help=f"{what}; default: the shot's"
        )
    parser.add_argument(
        "--strength", type=float, metavar="S", help="0 flat, 1 as estimated; default: the shot's"
    )
    parser.add_argument(
        "--points",
        type=int,
        metavar="N",
        help="about so many points or splats, close where depth bends or breaks, chosen for this "
        "frame alone; default: one a pixel",
    )
    parser.add_argument(
        "--no-layers",
        action="store_true",
        help="leave out the background behind the foreground where second-eye layers made it",
    )


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the job; see ExportJob for the answer."""
    from ..jobs.export import ExportJob

    job = ExportJob(
        project=arguments.project,
        output=arguments.output,
        frame=arguments.frame,
        form=arguments.form,
        near=arguments.near,
        far=arguments.far,
        strength=arguments.strength,
        layers=not arguments.no_layers,
        points=arguments.points,
    )
    return job.run(console.report, console.cancelled)
