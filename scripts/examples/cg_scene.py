# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of cg_among_footage.py inside Blender: one JSON argument."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import bpy
import numpy as np
from devtools.demo_scene import PACKAGE, install
from mathutils import Euler, Vector

FOOT = (0.39, 0.2)  # u, v (from the bottom) of the picture where the ball stands
RADIUS = 0.19
SUN = (0.95, 0.0, -0.75)  # light from the upper left, as the wall's own shadows have it
STRIPES = 6


def ground(project, u: float, v: float) -> tuple[Vector, Vector]:
    """The relief's point at (u, v), and the ground's normal there: of the plane through the points
    around it. In the footage camera's axes."""
    geometry = importlib.import_module(f"{PACKAGE}.core.geometry")
    depth_pixels = importlib.import_module(f"{PACKAGE}.addon.stage.depth_pixels")
    shot, clip = project.manifest.shots[0], project.manifest.clip
    n = depth_pixels.normalised(project, shot.first)
    lens = geometry.Lens(project.manifest.lens.focal_over_width, clip.width, clip.height)
    height, width = n.shape
    us, vs = np.meshgrid(np.linspace(u - 0.05, u + 0.05, 9), np.linspace(v - 0.04, v + 0.04, 9))
    rows = ((1.0 - vs) * height).astype(int).clip(0, height - 1)
    columns = (us * width).astype(int).clip(0, width - 1)
    inverse = geometry.inverse_distance(n[rows, columns], shot.near, shot.far, shot.strength)
    points = lens.unproject(us.ravel(), vs.ravel(), inverse.ravel())
    middle = points.mean(axis=0)
    normal = np.linalg.svd(points - middle)[2][2]
    return Vector(middle), Vector(normal if normal[1] > 0 else -normal)


def ball() -> bpy.types.Object:
    """A beach ball: stripes, a little gloss."""
    bpy.ops.mesh.primitive_uv_sphere_add(
        radius=RADIUS, segments=2 * STRIPES, ring_count=STRIPES, calc_uvs=False
    )
    ball = bpy.context.object
    bpy.ops.object.shade_smooth()
    round_off = ball.modifiers.new("Round", "SUBSURF")
    round_off.levels = round_off.render_levels = 3
    for name, colour in (("Red", (0.6, 0.03, 0.02, 1.0)), ("White", (0.75, 0.72, 0.65, 1.0))):
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        shader = material.node_tree.nodes["Principled BSDF"]
        shader.inputs["Base Color"].default_value = colour
        shader.inputs["Roughness"].default_value = 0.4
        ball.data.materials.append(material)
    for polygon in ball.data.polygons:
        turn = np.arctan2(polygon.center.y, polygon.center.x) / (2.0 * np.pi)
        polygon.material_index = int(np.floor(turn * STRIPES)) % 2
    return ball


def main(job: dict) -> None:
    install(job["zip"], job["engine"])
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    project = importlib.import_module(f"{PACKAGE}.core.project").Project.open(job["project"])
    scene = bpy.context.scene
    bpy.context.preferences.filepaths.save_version = 0  # no second file beside it
    bpy.ops.wm.save_as_mainfile(filepath=job["blend"])  # first: paths then are relative to it
    scene.second_eye.project_folder = "//" + Path(job["project"]).name
    scene.second_eye.clip_path = project.manifest.clip.path
    bpy.ops.second_eye.build_scene()
    # Found beside the .blend by its name: nobody else has this folder.
    importlib.import_module(f"{PACKAGE}.addon.stage").find_collection(scene)[
        "second_eye_project"
    ] = Path(job["project"]).name
    footage = next(o for o in scene.objects if o.get("second_eye_role") == "footage")
    scene.camera = footage
    scene.render.use_multiview = False

    world = bpy.data.worlds.new("Overcast")
    world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    background.inputs[0].default_value = (0.75, 0.85, 1.0, 1.0)
    background.inputs[1].default_value = 0.5
    scene.world = world
    light = bpy.data.lights.new("Sun", "SUN")
    light.energy, light.angle = 2.5, 0.15
    sun = bpy.data.objects.new("Sun", light)
    sun.rotation_euler = Euler(SUN)
    scene.collection.objects.link(sun)

    place, up = ground(project, *FOOT)
    thing = ball()
    thing.matrix_world = footage.matrix_world.copy()
    thing.location = footage.matrix_world @ (place + 0.85 * RADIUS * up)
    thing.rotation_euler = (0.5, 0.4, 0.3)
    bpy.ops.second_eye.add_shadow_catcher()
    scene.cycles.samples = 32
    scene.frame_set(scene.frame_start)
    bpy.ops.wm.save_as_mainfile(filepath=job["blend"], compress=True)

    picture = Path(job["picture"])
    scene.render.resolution_percentage = job["percent"]
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format, settings.quality = "JPEG", 92
    scene.render.filepath = str(picture)
    bpy.ops.render.render(write_still=True)
    bpy.ops.preferences.addon_disable(module=PACKAGE)


if __name__ == "__main__":
    status = 1
    try:
        main(json.loads(sys.argv[1]))
        status = 0
    finally:
        if status:
            import traceback

            traceback.print_exc()
        # bpy hangs at exit while an extension's class is registered: leave without its clean-up.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
