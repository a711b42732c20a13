# SPDX-License-Identifier: GPL-3.0-or-later
"""How long each operator of the add-on holds Blender's main thread, on a finished depth project.

    .venv-blender-4.5/bin/python scripts/stalls.py PROJECT [--rounds N] [--without OPERATOR ...]
    [--json FILE]

The add-on's zip is built and installed into a user folder of its own, the project is copied, and
every operator is pressed as in a window: ``start``, each tick, ``finish`` of a long one and each of
its pieces are timed one by one, in processor time of the main thread (milliseconds; of several
rounds the median). Blender's own part, drawing and its undo step, is none of it; the step's cost
is a row.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "bl_ext.user_default.second_eye"
LIMIT = 50.0
OUTSIDE = {
    "cancel": "one line to the child process",
    "choose_model": "Blender's own file browser",
    "choose_movie": "Blender's own file browser",
    "install_engine": "a child process, as check_engine",
    "live_stereo": "sets Blender's own view, needs a window",
    "predict_move": "is measure_move",
    "render_stereo": "renders",
    "start_vr": "Blender's own VR session",
    "forget_solve": "needs a solved clip",
    "load_preset": "Blender's own",
    "preset_analysis": "Blender's own",
    "preset_output": "Blender's own",
    "preset_stereo": "Blender's own",
    "add_model": "a child process, as check_engine",
    "remove_model": "a child process, as check_engine",
}
"""What is not timed here, and why."""


class Watch:
    """Processor time of the main thread of what runs inside, by operator and part of it."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, list[float]]] = {}
        self.operator = ""

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        started = time.thread_time()
        try:
            yield
        finally:
            spent = 1000.0 * (time.thread_time() - started)
            parts = self.found.setdefault(self.operator, {})
            parts.setdefault(part, []).append(spent)


def install(work: Path, engine: Path) -> Any:
    """The built zip in a user folder below ``work``; returns its importer."""
    import bpy

    sys.path.insert(0, str(ROOT / "scripts"))
    build = importlib.import_module("devtools.build")
    package = build.build(ROOT, work / "zip", None, builder=Path(sys.executable))
    bpy.ops.extensions.package_install_files(
        filepath=str(package), repo="user_default", enable_on_install=True, overwrite=True
    )
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    preferences: Any = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.engine_mode, preferences.engine_python = "GIVEN", str(engine)
    return lambda name: importlib.import_module(f"{PACKAGE}.{name}")


def as_in_a_window(module: Any, watch: Watch) -> None:
    """Long operators in their parts, the others as a whole."""
    import bpy

    task, session = module("addon.operators.task"), module("addon.engine.session")
    errors = module("core.errors")

    def long(self: Any, context: Any) -> set[str]:
        try:
            with watch.of("start"):
                running = session.begin(self.title, self.start(context))
        except errors.SecondEyeError as error:
            return self._refuse(error)
        while True:
            with watch.of("tick"):
                if not running.task.poll():
                    break
            time.sleep(0.02)
        if running.task.error is not None:
            return self._failed(running.task.error)
        try:
            with watch.of("finish"):
                said = self.finish(context, running.task.value)
            while not isinstance(said, str):
                try:
                    with watch.of("piece"):
                        next(said)
                except StopIteration as done:
                    said = done.value
        except errors.SecondEyeError as error:
            return self._failed(error)
        return self._done(said)

    task.TaskOperator.execute = long
    for name in dir(bpy.ops.second_eye):
        cls = getattr(bpy.types, f"SECOND_EYE_OT_{name}")
        if not issubclass(cls, task.TaskOperator):
            cls.execute = _whole(cls.execute, watch)


def _whole(plain: Callable[..., Any], watch: Watch) -> Callable[..., Any]:
    # Blender passes as many arguments as the function's code names: no *arguments here.
    def execute(self: Any, context: Any) -> Any:
        with watch.of("whole"):
            return plain(self, context)

    return execute


def presses(
    work: Path, clip: Path, frames: tuple[int, int]
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every operator with a way to press it, in an order in which each has what it needs."""
    import bpy

    ops, scene = bpy.ops.second_eye, bpy.context.scene
    settings = scene.second_eye

    def at_end() -> None:
        scene.frame_set(scene.frame_end)

    def plain(*names: str) -> Iterator[tuple[str, Callable[[], Any]]]:
        for name in names:
            yield name, getattr(ops, name)

    yield "check_engine", ops.check_engine
    yield "import_clip", lambda: ops.import_clip(filepath=str(clip))
    settings.project_folder = str(work / "project.secondeye")
    settings.first, settings.last = frames
    yield "analyse", ops.analyse
    for sampling in ("GRID", "ADAPTIVE"):
        settings.sampling = sampling
        yield "build_scene", ops.build_scene
    settings.triangles = 20000
    yield "sample_shot", lambda: ops.sample_shot(every_shot=True)
    yield "set_lens", lambda: ops.set_lens(source="DEFAULT")
    yield "estimate_lens", ops.estimate_lens
    at_end()
    yield "repair_shot", ops.repair_shot
    scene.frame_set(scene.frame_end - 3)
    yield from plain("cut_here", "merge_shots", "cuts_from_markers", "make_layers")
    yield "copy_shot_settings", lambda: ops.copy_shot_settings(target="ALL", kinds={"RANGE"})
    yield from plain("split_preview", "split_preview", "switch_form", "switch_form")
    yield from plain("show_flicker", "show_comfort", "grade_depth")
    yield from plain("make_window", "remove_window", "remove_grade")
    yield "set_rig_mode", lambda: ops.set_rig_mode(mode="PARALLEL")
    yield "set_rig_mode", lambda: ops.set_rig_mode(mode="OFFAXIS")
    yield from plain("add_aim", "remove_aim", "add_screen", "remove_screen")
    for kind in ("drift", "arc", "hand-held"):
        yield "add_move", lambda kind=kind: ops.add_move(kind=kind, measured=False)
    yield "add_move", lambda: ops.add_move(kind="push-in", every_shot=True, measured=False)
    yield "measure_move", lambda: ops.measure_move(every_shot=True)
    yield "fit_move", ops.fit_move
    yield "rewrite_move", lambda: ops.rewrite_move(every_shot=True)
    yield "remove_move", lambda: ops.remove_move(all_moves=True, every_shot=True)
    yield "add_edit", lambda: ops.add_edit(source="sphere", kind="plane")
    yield "add_edit", lambda: ops.add_edit(source="box", kind="offset")
    yield "move_edit", lambda: ops.move_edit(way="UP")
    yield "bake_camera", ops.bake_camera
    yield "remove_edit", ops.remove_edit
    mask = bpy.data.masks.new("Mask")
    spline = mask.layers.new(name="Layer").splines.new()
    spline.points.add(3)
    for point, corner in zip(spline.points, ((0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7)),
                             strict=True):  # fmt: skip
        point.co = point.handle_left = point.handle_right = corner
    spline.use_cyclic = True
    yield "add_edit", lambda: ops.add_edit(source="mask", kind="offset", datablock="Mask")
    yield from plain("rasterise_mask", "add_shadow_catcher", "remove_shadow_catcher")
    yield from plain("add_surround", "remove_surround", "repair_rig", "still_pair", "wiggle")
    for name in ("mesh.glb", "mesh.ply"):
        yield "export_relief", lambda name=name: ops.export_relief(filepath=str(work / name))
    yield "convert", ops.convert
    yield "tag_movie", lambda: tag(scene, work)
    yield "use_solve", lambda: ops.use_solve(movie_clip="none")


def tag(scene: Any, work: Path) -> Any:
    import bpy

    movie = next(work.glob("*.mp4"), None)
    if movie is not None:
        scene.second_eye.tag_movie = str(movie)
    return bpy.ops.second_eye.tag_movie()


def measure(
    project: Path,
    clip: Path,
    frames: tuple[int, int],
    work: Path,
    engine: Path,
    rounds: int,
    without: list[str],
) -> Watch:
    """Press everything ``rounds`` times, each time in a new scene and on a new copy."""
    import bpy

    watch, refused = Watch(), {}
    module = install(work, engine)
    as_in_a_window(module, watch)
    for number in range(rounds):
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        copy = work / "project.secondeye"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(project, copy)
        for name, press in presses(work, clip, frames):
            if name in without:
                continue
            watch.operator = name
            try:
                press()
            except (RuntimeError, TypeError) as error:
                refused[name] = str(error).strip().splitlines()[0]
            print(f"round {number + 1}: {name}", file=sys.stderr)
        watch.operator = "(Blender's own undo step)"
        bpy.context.preferences.edit.use_global_undo = True
        for _ in range(3):
            with watch.of("whole"):
                bpy.ops.ed.undo_push(message="Step")
    pressed = {name for name in watch.found if not name.startswith("(")}
    for name in set(dir(bpy.ops.second_eye)) - pressed - set(OUTSIDE):
        refused.setdefault(name, "not pressed")
    for name, said in refused.items():
        print(f"refused: {name}: {said}", file=sys.stderr)
    return watch


def table(watch: Watch) -> list[str]:
    """Markdown: of each operator the longest stall, and in which part of it."""
    rows = []
    for name, parts in watch.found.items():
        worst = {
            part: max(times) if part in ("tick", "piece") else statistics.median(times)
            for part, times in parts.items()
        }
        longest = max(worst, key=lambda part: worst[part])
        rows.append((worst[longest], name, ", ".join(f"{p} {v:.0f}" for p, v in worst.items())))
    rows.sort(reverse=True)
    lines = ["| operator | longest, ms | parts, ms |", "|---|---|---|"]
    lines += [f"| {name} | {worst:.0f} | {parts} |" for worst, name, parts in rows]
    return lines


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("project", type=Path)
    parser.add_argument("--clip", type=Path, help="default: the one that the project names")
    parser.add_argument("--engine", type=Path, default=Path(sys.executable))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--without", nargs="*", default=[], metavar="OPERATOR")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(argv)
    manifest = json.loads((given.project / "project.json").read_text(encoding="utf8"))
    clip = given.clip or Path(manifest["clip"]["absolute"])
    with tempfile.TemporaryDirectory(prefix="second-eye-stalls-") as folder:
        work = Path(folder)
        os.environ["BLENDER_USER_RESOURCES"] = str(work / "user")  # read when bpy is imported
        shutil.copy(clip, work)
        frames = int(manifest["first"]), int(manifest["last"])
        watch = measure(
            given.project,
            work / clip.name,
            frames,
            work,
            given.engine,
            given.rounds,
            given.without,
        )
        print("\n".join(table(watch)))
        if given.json:
            given.json.write_text(json.dumps(watch.found, indent=1), encoding="utf8")
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    # bpy hangs at exit while a class is registered: leave without its clean-up.
    sys.stdout.flush()
    os._exit(code)
