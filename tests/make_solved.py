# SPDX-License-Identifier: GPL-3.0-or-later
"""Track and solve the pictures of `solved_world` in Blender: make_solved.py FOLDER BLEND.

Run by a Python that has bpy, or by Blender itself (``--python make_solved.py -- FOLDER BLEND``);
no window is needed, since the operators ask for a Clip Editor only, and one can be had without.
FOLDER gets the plates as PNGs, unless they lie there.
"""

import sys
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
import solved_world as world

arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
folder, blend = Path(arguments[0]), arguments[1]


def write(path: Path, picture: np.ndarray) -> None:
    """By Blender itself, as it reads it: sRGB, 8 bits."""
    height, width = picture.shape[:2]
    image = bpy.data.images.new("plate", width, height)
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = picture[::-1] / 255.0
    image.pixels.foreach_set(pixels.ravel())
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)


def main() -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, world.FRAMES + 1):
        path = folder / f"{number:06d}.png"
        if not path.exists():
            write(path, world.picture(number))
    clip = bpy.data.movieclips.load(str(folder / "000001.png"))
    clip.name = "walk"
    camera = clip.tracking.camera
    camera.sensor_width, camera.units = world.SENSOR_MM, "MILLIMETERS"
    camera.focal_length = world.FOCAL_MM
    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda a: a.width * a.height)
    area.type = "CLIP_EDITOR"
    space = area.spaces.active
    space.clip, space.mode = clip, "TRACKING"
    region = next(r for r in area.regions if r.type == "WINDOW")
    scene = bpy.context.scene
    with bpy.context.temp_override(window=window, area=area, region=region, space_data=space):
        scene.frame_set(1)
        bpy.ops.clip.detect_features(threshold=0.2, min_distance=24, margin=16)
        bpy.ops.clip.track_markers(sequence=True)
        tracking = clip.tracking
        tracking.objects[0].keyframe_a, tracking.objects[0].keyframe_b = 1, world.FRAMES
        bpy.ops.clip.solve_camera()
        bpy.ops.clip.clean_tracks(frames=0, error=2.0, action="DELETE_TRACK")
        bpy.ops.clip.solve_camera()
    found = tracking.reconstruction
    bundles = sum(track.has_bundle for track in tracking.tracks)
    print(f"error {found.average_error:.3f} px, {len(found.cameras)} cameras, {bundles} bundles")
    clip.filepath = "//plate/000001.png"
    bpy.ops.wm.save_as_mainfile(filepath=blend, compress=True)


main()
