#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Render training frames with Blender: resumable, in as many processes as you have cores.

    render_scenes.py --out FRAMES --frames 2600 --worker 0/2 &
    render_scenes.py --out FRAMES --frames 2600 --worker 1/2 &
    render_scenes.py --out FRAMES --contact-sheet sheet.png

Needs the environment that scripts/dev.py makes (bpy, OpenEXR, OpenCV).
"""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.errors import Cancelled, SecondEyeError, UsageError
from core.training.frames import SCENE_FILE, list_sources, scene_folder_name

VIEWS = 11
# A long-lived process gets slower with every scene: it replaces itself by a fresh one.
SCENES_PER_PROCESS = 12


def main(argv: list[str]) -> int:
    """Parse, do what is asked, and return the exit code."""
    args = _parser().parse_args(argv)
    try:
        if args.contact_sheet:
            from core.training.sheets import contact_sheet

            contact_sheet(args.out, args.contact_sheet)
        elif args.pack:
            from core.training.packs import write_packs

            write_packs(args.out, args.pack, print)
        elif args.statistics:
            from core.training.frame_statistics import statistics

            print(statistics(args.out))
        elif args.sources:
            print("\n".join(list_sources(args.out)))
        else:
            return _render(args, argv)
    except SecondEyeError as error:
        if args.debug:
            raise
        print(f"render_scenes: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "second-eye"
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the scenes")
    parser.add_argument("--scenes", metavar="A:B", help="seeds A up to but not including B")
    parser.add_argument(
        "--frames", type=int, help="render scenes from seed 0 until so many frames exist"
    )
    parser.add_argument(
        "--worker", default="0/1", metavar="K/N", help="this process takes seeds = K mod N"
    )
    parser.add_argument(
        "--assets",
        type=Path,
        default=cache / "assets",
        help="furniture models (fetched when absent)",
    )
    parser.add_argument(
        "--textures", type=Path, default=cache / "textures", help="photos (fetched when absent)"
    )
    parser.add_argument(
        "--procedural", action="store_true", help="neither models nor photos: nothing is fetched"
    )
    parser.add_argument("--size", default="320x240", metavar="WxH")
    parser.add_argument("--views", type=int, default=VIEWS, help="views a scene")
    parser.add_argument(
        "--kind", help="only this kind of scene (room, corridor, table_top, street, open_ground)"
    )
    parser.add_argument(
        "--contact-sheet",
        type=Path,
        metavar="PICTURE",
        help="PNG or JPEG of 64 random frames: picture, depth, labels",
    )
    parser.add_argument(
        "--statistics",
        action="store_true",
        help="print counts, depths, labels, lenses, heights and seconds a frame (Markdown)",
    )
    parser.add_argument(
        "--pack", type=Path, metavar="DIR", help="write the frames as .npz chunks of at most 60 MB"
    )
    parser.add_argument(
        "--sources", action="store_true", help="print every model and photo used, with its licence"
    )
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    return parser


def _numbers(text: str, separator: str, option: str) -> tuple[int, int]:
    first, _, second = text.partition(separator)
    if not (first.isdigit() and second.isdigit()):
        raise UsageError(
            f"{option} wants two whole numbers with '{separator}' between, not '{text}'."
        )
    return int(first), int(second)


def _render(args: argparse.Namespace, argv: list[str]) -> int:
    worker, workers = _numbers(args.worker, "/", "--worker")
    size = _numbers(args.size, "x", "--size")
    if not (args.scenes or args.frames) or workers < 1 or worker >= workers:
        raise UsageError(
            "Say how much to render by --scenes A:B or --frames N, with --worker K/N and K < N."
        )
    first, last = _numbers(args.scenes, ":", "--scenes") if args.scenes else (0, 10**6)
    from core.training.scenes import BUILDERS, render_scene
    from core.training.scenes.catalog import (
        Catalogue,
        fetch_furniture,
        fetch_photos,
        load_catalogue,
        photo_files,
    )

    if args.kind and args.kind not in BUILDERS:
        raise UsageError(f"There is no kind '{args.kind}': choose one of {', '.join(BUILDERS)}.")
    if args.procedural:
        catalogue, photos = Catalogue([]), []
    else:
        fetch_furniture(args.assets)
        fetch_photos(args.textures)
        catalogue, photos = load_catalogue(args.assets), photo_files(args.textures)
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SecondEyeError(
            f"The folder {args.out} can't be made ({error.strerror}): choose another for --out."
        ) from error
    stop: list[int] = []
    for name in (signal.SIGTERM, signal.SIGINT):
        # No exception from here: it would be lost, or end the process, in Blender's callbacks.
        signal.signal(name, lambda number, frame: stop.append(number))
    report = _quiet_blender()
    done_here, frames_here, began = 0, 0, time.monotonic()
    seed = first + (worker - first) % workers
    while seed < last and not stop:
        if args.frames and _count(args.out) >= args.frames:
            break
        if not (args.out / scene_folder_name(seed) / SCENE_FILE).exists():
            started = time.monotonic()
            try:
                views = render_scene(
                    args.out,
                    seed,
                    catalogue,
                    photos,
                    size,
                    args.views,
                    args.kind,
                    stopped=lambda: bool(stop),
                )
            except Cancelled:
                break
            done_here, frames_here = done_here + 1, frames_here + views
            _progress(
                report, args, seed, views, time.monotonic() - started, frames_here, began, workers
            )
            if done_here >= SCENES_PER_PROCESS and not stop:
                os.dup2(report.fileno(), 1)
                os.execv(sys.executable, [sys.executable, __file__, *argv])
        seed += workers
    print(f"stopped by signal {stop[0]}" if stop else "finished", file=report, flush=True)
    return 128 + stop[0] if stop else 0


def _quiet_blender():
    """Keep the real standard output for progress and silence Blender, which writes to it in C."""
    sys.stdout.flush()
    report = os.fdopen(os.dup(1), "w")
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 1)
    return report


def _count(root: Path) -> int:
    """Frames in finished scenes, by their label pictures."""
    return sum(1 for _ in root.glob("scene_*/view_*_label.png"))


def _progress(
    report, args, seed: int, views: int, took: float, frames: int, began: float, workers: int
) -> None:
    rate = frames / (time.monotonic() - began) * 3600 * workers
    total = _count(args.out)
    left = ""
    if args.frames and rate:
        left = f", {max(0, args.frames - total) / rate * 60:.0f} min left"
    kind = list_kind(args.out / scene_folder_name(seed))
    print(
        f"{time.strftime('%H:%M:%S')} scene {seed} {kind}: {views} views in {took:.1f} s; "
        f"{total} frames, {rate:.0f} frames/h{left}",
        file=report,
        flush=True,
    )


def list_kind(folder: Path) -> str:
    """The kind of a finished scene."""
    import json

    return json.loads((folder / SCENE_FILE).read_text(encoding="utf-8"))["kind"]


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
    sys.stdout.flush()
    sys.stderr.flush()
    # bpy may hang when the interpreter tears down: leave at once, everything is written.
    os._exit(code)
