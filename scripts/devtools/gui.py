# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel in a real Blender window: Debian trixie's Blender in a folder, under Xvfb.

The folder is made once, outside the repository (``~/.cache/second-eye``). All mounts live in a
mount namespace of their own (``unshare``): the system takes them away however the test ends.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import build
from .environment import BLENDERS, ROOT, python_in
from .shell import SetupError, run, say

PACKAGES = (
    *("blender", "xvfb", "xauth", "libgl1-mesa-dri", "libegl1", "libgl1", "imagemagick"),
    *("python3-numpy", "python3-requests", "python3-zstandard"),
)
READY = "second-eye-ready"
# Tall enough for the whole panel, and no larger: OpenGL by software fills it on the same cores.
SCREEN = (720, 800)
TALL = (1440, 1500)
TOUR = (210, 233)  # frames of the tour's clip
FRAMES = 10
LIMIT_SECONDS = 900
ALLOWED_STALL = 50.0  # milliseconds
OURS = ("longest tick of the operator", "longest draw of the section")
WINDOW = "longest stall while analysing, processor ms"
"""What the add-on itself does in Blender's main thread; the window's own stalls are noted beside
them, but software OpenGL on a busy machine makes those."""


def main(argv: list[str]) -> int:
    """Run the test; prints what was measured. Raises SetupError where the machine can't."""
    parser = argparse.ArgumentParser(prog="dev.py gui-test", description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "gui")
    parser.add_argument("--cache", type=Path, default=_cache())
    parser.add_argument(
        "--tour", type=Path, metavar="CLIP", help="walk through every section on this clip instead"
    )
    parser.add_argument(
        "--project", type=Path, help="with --tour: a finished depth project of those frames"
    )
    arguments = parser.parse_args(argv)
    _require()
    system = ensure_system(arguments.cache.resolve() / "blender-trixie")
    out = arguments.out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    engine = python_in(ROOT / BLENDERS["4.5"].folder)
    with tempfile.TemporaryDirectory(prefix="second-eye-gui-") as folder:
        work = Path(folder)
        given = os.environ.get("SECOND_EYE_ZIP")
        package = shutil.copy(given, work) if given else build.build(ROOT, work, None)
        job = {"zip": str(package), "engine": str(engine), "out": str(out)}
        if arguments.tour:
            clip = shutil.copy(arguments.tour, work)
            job |= {"clip": clip, "project": f"{clip}.secondeye", "first": TOUR[0], "last": TOUR[1]}
            if arguments.project:
                shutil.copytree(arguments.project, job["project"])
            code = _blender(system, work, job, "tour.py", TALL)
            return _toured(out, code)
        clip = str(work / "street.mp4")
        maker = [engine, ROOT / "tests" / "make_clip.py", clip, str(FRAMES), "640", "360"]
        if run(maker).returncode != 0:
            raise SetupError("The test's clip could not be made; the output above says why.")
        job |= {"clip": clip, "project": str(work / "street.secondeye"), "frames": FRAMES}
        code = _blender(system, work, job, "panel.py", SCREEN)
    return _judge(out, code)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "second-eye"


def _require() -> None:
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        raise SetupError("gui-test needs Linux and root (it makes a Debian folder and mounts).")
    for tool in ("debootstrap", "unshare", "chroot"):
        if shutil.which(tool) is None:
            raise SetupError(f"gui-test needs {tool}: apt-get install debootstrap util-linux.")


def ensure_system(folder: Path) -> Path:
    """A Debian trixie with Blender in ``folder``, made on the first call (some minutes, 2 GB)."""
    if (folder / READY).exists():
        return folder
    say(f"making a Debian with Blender in {folder} (a few minutes, once)")
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    steps = (
        ["debootstrap", "--variant=minbase", "trixie", str(folder)],
        [
            *("chroot", str(folder), "env", "DEBIAN_FRONTEND=noninteractive"),
            *("apt-get", "install", "-y", "--no-install-recommends", *PACKAGES),
        ],
    )
    for step in steps:
        done = run(step, quiet=True)
        if done.returncode != 0:
            tail = "\n".join(done.stdout.strip().splitlines()[-5:])
            raise SetupError(f"{step[0]} failed, so there is no Blender to test in:\n{tail}")
    (folder / READY).touch()
    return folder


def _blender(
    system: Path, work: Path, job: dict[str, Any], name: str, size: tuple[int, int]
) -> int:
    """Run tests/gui/``name`` inside ``system``; whatever is mounted goes with the namespace."""
    engine = Path(str(job["engine"]))
    binds = [ROOT, work, Path(str(job["out"])), _base_python(engine)]
    if not (home := engine.parent.parent.resolve()).is_relative_to(ROOT):  # .venv is a link
        binds.append(home)
    lines = [
        "set -e",
        f"mount -t proc proc {shlex.quote(str(system / 'proc'))}",
        *(f"mount --rbind /{name} {shlex.quote(str(system / name))}" for name in ("dev", "sys")),
    ]
    for source in binds:
        target = shlex.quote(f"{system}{source}")
        lines += [f"mkdir -p {target}", f"mount --bind {shlex.quote(str(source))} {target}"]
    width, height = size
    screen = f"-screen 0 {width}x{height}x24 +extension GLX"
    script = ROOT / "tests" / "gui" / name
    blender = [
        *("blender", "--factory-startup", "--offline-mode", "--enable-event-simulate"),
        *("--window-geometry", "0", "0", str(width), str(height)),
        *("--python-exit-code", "1", "--python", str(script), "--", json.dumps(job)),
    ]
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(work),
        "LANG": "C.UTF-8",
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "BLENDER_USER_RESOURCES": str(work / "user"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    inside = ["env", "-i", *(f"{k}={v}" for k, v in environment.items())]
    inside += ["xvfb-run", "-a", "-s", screen, *blender]
    # xvfb-run waits for ever when it is the namespace's first process: the shell stays that.
    lines += [f"chroot {shlex.quote(str(system))} {shlex.join(inside)}", "exit $?"]
    # --kill-child: no Xvfb and no Blender outlives this, either.
    command = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork"]
    command += ["--kill-child", "sh", "-c", "\n".join(lines)]
    say("opening Blender's window under Xvfb")
    try:
        return subprocess.run(command, timeout=LIMIT_SECONDS).returncode
    except subprocess.TimeoutExpired:
        return 124


def _base_python(python: Path) -> Path:
    """The installation that a virtual environment's Python hangs on."""
    done = run([python, "-c", "import sys; print(sys.base_prefix)"], quiet=True)
    base = Path(done.stdout.strip())
    if str(base) == "/usr":
        raise SetupError(
            "gui-test needs an engine whose Python lies outside /usr (pyenv's, for example): "
            "the test's own Debian has another Python there."
        )
    return base


def _toured(out: Path, code: int) -> int:
    """What the tour found; its failure fails."""
    figures = _figures(out, code)
    for name, value in figures.items():
        print(f"  {name:<46} {value}")
    print(f"  pictures                                       {out}")
    return 1 if code or figures.get("failure", "not finished") else 0


def _figures(out: Path, code: int) -> dict[str, Any]:
    result = out / "figures.json"
    if not result.exists():
        raise SetupError(f"Blender ended with code {code} before the test did; see its output.")
    figures: dict[str, Any] = json.loads(result.read_text(encoding="utf8"))
    return figures


def _judge(out: Path, code: int) -> int:
    figures = _figures(out, code)
    failure = figures.pop("failure", f"Blender was stopped after {LIMIT_SECONDS} s")
    for name, value in figures.items():
        print(f"  {name:<46} {value}")
    print(f"  pictures                                       {out}")
    stall = figures.get("longest stall while analysing, ms")
    if stall is not None and stall > ALLOWED_STALL:
        idle = figures["longest stall while idle, ms"]
        say(f"a stall of {stall} ms is above {ALLOWED_STALL} (idle, the window has {idle})")
    too_long = _too_long(figures)
    for name in too_long:
        say(f"the {name} is {figures[name]}, above {ALLOWED_STALL}")
    if not failure and not all(f"{name}, ms" in figures for name in OURS):
        failure = "the add-on's own ticks and draws were not measured"
    if failure:
        say(f"the test failed:\n{failure}")
    return 1 if failure or code or too_long else 0


def _too_long(figures: dict[str, float]) -> list[str]:
    """The figures of our own calls that break the limit: of processor time always, by the clock
    where even the idle window does not stall so long on this machine."""
    by_clock = max(ALLOWED_STALL, figures.get("longest stall while idle, ms", 0.0))
    limits = {f"{name}, processor ms": ALLOWED_STALL for name in OURS}
    limits |= {f"{name}, ms": by_clock for name in OURS}
    limits[WINDOW] = ALLOWED_STALL
    return [name for name, limit in limits.items() if figures.get(name, 0.0) > limit]
