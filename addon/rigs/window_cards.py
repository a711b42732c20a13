# SPDX-License-Identifier: GPL-3.0-or-later
"""The floating window in the scene: two black cards that hang from the stereo camera.

A card stands where the window's edge floats: at the distance whose disparity is the strip's width,
with its inner end on the border of the eye that sees more of that side. So the one eye sees it as
wide as the strip and the other one not at all, in every render and in the viewport, without a
compositor. Drivers put it there from three properties of the camera, in % of the picture's width,
and from the camera's own interocular and convergence; they need no add-on.
"""

from __future__ import annotations

from typing import Any

import bpy

from ..stage import compat
from ..stage.footage_camera import camera_data
from ..stage.material import empty_material

LEFT, RIGHT, SOFT = (f"second_eye_window_{name}" for name in ("left", "right", "softness"))
"""Properties of the camera object, in % of the picture's width."""
WINDOW = (LEFT, RIGHT, SOFT)
ROLE, SIDE, CARD = "second_eye_role", "second_eye_side", "window"
_TOLD = {
    LEFT: "How wide a strip the floating window covers at the left of the left eye's picture, in % "
    "of its width: the picture's left edge then stands that far before the screen",
    RIGHT: "How wide a strip the floating window covers at the right of the right eye's picture, "
    "in % of its width: the picture's right edge then stands that far before the screen",
    SOFT: "How much of a strip is soft, in % of the picture's width",
}
_WIDE = 0.6  # picture widths: more than any strip
_TALL = 1.5  # picture heights: a lens that is shifted or zoomed by a move needs some more
_GAMMA = 2.2  # so that the soft part looks as on the fast path, which darkens displayed values


def has_window(camera: bpy.types.Object) -> bool:
    """Whether the camera has the window's properties."""
    return camera.get(LEFT) is not None


def cards(camera: bpy.types.Object) -> list[bpy.types.Object]:
    """The window's cards that hang from ``camera``."""
    return [child for child in camera.children if child.get(ROLE) == CARD]


def ensure_window(camera: bpy.types.Object, aspect: float) -> None:
    """Give a stereo camera the properties, and cards that follow them. ``aspect``: the picture's
    height over its width. What is there keeps its values and keys."""
    for name, usual in ((LEFT, 0.0), (RIGHT, 0.0), (SOFT, 0.4)):
        if camera.get(name) is None:
            camera[name] = usual
        camera.id_properties_ui(name).update(
            min=0.0,
            max=20.0,
            soft_max=5.0,
            default=usual,
            precision=2,
            subtype="PERCENTAGE",
            description=_TOLD[name],
        )
    remove_cards(camera)
    mesh, material = _mesh(aspect), _material(camera)
    mesh.materials.append(material)
    for side, name in ((-1, LEFT), (1, RIGHT)):
        card = bpy.data.objects.new(f"{camera.name} Window", mesh)
        card[ROLE], card[SIDE] = CARD, "left" if side < 0 else "right"
        for collection in camera.users_collection:
            collection.objects.link(card)
        card.parent = camera
        card.hide_select = True
        card.visible_shadow = card.visible_diffuse = card.visible_glossy = False
        card.visible_transmission = card.visible_volume_scatter = False
        _drive(card, camera, side, name)


def remove_cards(camera: bpy.types.Object) -> None:
    """Take the cards away, with what only they used; also those of a camera that was deleted. The
    properties and their keys stay."""
    beside = {thing for collection in camera.users_collection for thing in collection.objects}
    left = [o for o in beside if o.get(ROLE) == CARD and o.parent is None]
    for card in [*cards(camera), *left]:
        mesh: Any = card.data
        bpy.data.objects.remove(card)
        if mesh is not None and mesh.users == 0:
            materials = list(mesh.materials)
            bpy.data.meshes.remove(mesh)
            for material in materials:
                if material is not None and material.users == 0:
                    bpy.data.materials.remove(material)


def remove_window(camera: bpy.types.Object) -> None:
    """Take cards, properties and their keys away."""
    remove_cards(camera)
    for name in WINDOW:
        compat.remove_fcurve(camera, f'["{name}"]')
        if camera.get(name) is not None:
            del camera[name]


def _mesh(aspect: float) -> bpy.types.Mesh:
    """A rectangle in picture widths: from x = -_WIDE to its inner end at 0."""
    high = 0.5 * aspect * _TALL
    corners = [(-_WIDE, -high, 0.0), (0.0, -high, 0.0), (0.0, high, 0.0), (-_WIDE, high, 0.0)]
    mesh = bpy.data.meshes.new("Second Eye Window")
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    return mesh


def _material(camera: bpy.types.Object) -> bpy.types.Material:
    """Black that clears towards the inner end."""
    material, t = empty_material("Second Eye Window")
    material.pop("second_eye_relief")  # that mark is a relief's
    material.surface_render_method = "BLENDED"  # EEVEE: a soft end without grain
    x, _, _ = t.separate(t.node("ShaderNodeTexCoord").outputs["Object"])
    soft = t.node("ShaderNodeValue", "Softness, picture widths").outputs[0]
    driver = soft.driver_add("default_value").driver
    _variable(driver, "soft", camera, f'["{SOFT}"]')
    driver.expression = "max(soft / 100, 0.0001)"
    seen = t.smoothstep(x, t.math("MULTIPLY", soft, -1.0), 0.0)
    shown = t.math("POWER", seen, _GAMMA)
    clear = t.node("ShaderNodeBsdfTransparent")
    t.link(t.combine(shown, shown, shown), clear.inputs["Color"])
    t.link(clear.outputs[0], t.node("ShaderNodeOutputMaterial").inputs["Surface"])
    t.arrange()
    material.diffuse_color = (0.0, 0.0, 0.0, 1.0)
    return material


def _drive(card: bpy.types.Object, camera: bpy.types.Object, side: int, name: str) -> None:
    """Location and scale of a card, in the camera's axes.

    With strip d, interocular b, convergence C, focal length over sensor width F: its distance is
    Z = 1 / (1/C + d / (b F)), a picture width there is Z / F, and its inner end lies at d/2 of the
    picture as the middle of the eyes sees it, which the left eye sees at d and the right one at 0;
    where the pivot p is an eye of its own, at what that eye sees. Away where there is no screen:
    parallel cameras (mode m), panoramas (kind k).
    """
    distance = "1 / (1 / max(C, 0.000001) + d / 100 / max(b * f / w, 0.000001))"
    width = f"({distance} * w / f)"
    shown = f"(({width}) if d > 0 and m != 1 and k == 0 else 0)"
    end = f"d / 100 * (0.5 if p > 1.5 else {'1 - p' if side < 0 else 'p'})"
    expressions = {
        ("location", 0): f"({-side} * ({end} - 0.5) + x) * {width}",
        ("location", 1): f"y * {width}",
        ("location", 2): f"-({distance})",
        ("scale", 0): f"{-side} * {shown}",
        ("scale", 1): shown,
    }
    data = camera_data(camera)
    told = {
        "b": "stereo.interocular_distance",
        "C": "stereo.convergence_distance",
        "m": "stereo.convergence_mode",  # as numbers: 0 off-axis, 1 parallel, 2 toe-in
        "p": "stereo.pivot",  # 0 left, 1 right, 2 centre
        "k": "type",  # 0 perspective
        "f": "lens",
        "w": "sensor_width",
        "x": "shift_x",
        "y": "shift_y",
    }
    for (path, index), expression in expressions.items():
        driver = card.driver_add(path, index).driver
        driver.type = "SCRIPTED"
        _variable(driver, "d", camera, f'["{name}"]')
        for letter, place in told.items():
            if letter in expression:
                _variable(driver, letter, data, place)
        driver.expression = expression


def _variable(driver: Any, name: str, owner: bpy.types.ID, path: str) -> None:
    variable = driver.variables.new()
    variable.name = name
    target = variable.targets[0]
    target.id_type = "CAMERA" if isinstance(owner, bpy.types.Camera) else "OBJECT"
    target.id = owner
    target.data_path = path
