# SPDX-License-Identifier: GPL-3.0-or-later
"""The materials of a clip's shots: the first is made, the others are copies of it."""

import moves_case
from moves_case import at

case, scene = moves_case.case, moves_case.scene
PLAYED = ("frame_duration", "frame_start", "frame_offset", "use_auto_refresh", "use_cyclic")


def told(material):
    """What tells one shot's material from another's: pictures, and when they are played."""
    nodes = sorted(material.node_tree.nodes, key=lambda node: node.name)
    pictures = [n for n in nodes if n.type == "TEX_IMAGE"]
    played = [(n.name, n.image and n.image.name, *(getattr(n.image_user, k) for k in PLAYED))
              for n in pictures]  # fmt: skip
    return played, [n.name for n in nodes], len(material.node_tree.links)


def test_a_copy_is_what_would_have_been_made(module, scene, case):
    stage, compat = module("addon.stage"), module("addon.stage.compat")
    shots, images = module("addon.stage.shot"), module("addon.stage.images")
    make = module("addon.stage.material").plate_material
    names = set()
    reliefs = stage.reliefs(stage.find_collection(scene))
    for relief, shot in zip(reliefs, case.project.manifest.shots, strict=True):
        (worn,) = shots.materials(relief)
        own = shots.relief_modifier(relief)

        def shown(name, shot=shot, own=own):
            image = compat.get_input(own, name)
            return images.Sequence(image, at(shot.first), shot.first, shot.last)

        raw = shown(shots.RAW) if shots.repairs_live(relief) else None
        assert told(worn) == told(make("x", shown("Plate"), shown("Depth"), raw, (0.01, 0.01)))
        assert worn["second_eye_relief"] == relief.name
        names.add(worn.name)
    assert len(names) == 3
