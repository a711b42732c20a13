# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth project -> Blender scene: node groups, relief, points, materials, footage camera.

build_scene(project, scene, *, sampling="GRID", columns=None, start=1, points=False,
            collection_name="Second Eye") -> StageObjects(collection, camera, reliefs)
update_scene(project, scene) -> shots whose frames are new; what an artist set stays
find_collection(scene) -> the collection of an earlier build
is_adaptive(scene) -> whether it stands on the shots' own patterns
reliefs(collection) -> its reliefs, in the order of their shots
span(relief) -> the first and last timeline frame that it shows
locked(relief) -> whether the artist wants its settings and stereo keys left alone
project_folder(collection) -> where its depth project lies now
timeline_frame(scene, scene_frame) / scene_frame(scene, timeline_frame)
"""

from .behind import behind_trouble, refresh_behind
from .build import (
    COLLECTION,
    StageObjects,
    build_scene,
    build_steps,
    find_collection,
    is_adaptive,
    reliefs,
)
from .clock import scene_frame, timeline_frame
from .locks import locked
from .place import beside_blend, project_folder
from .sampling import ADAPTIVE, GRID
from .shot import BRANCHES
from .surround import refresh_surround
from .update import span, update_scene, update_steps

__all__ = [
    "ADAPTIVE",
    "BRANCHES",
    "COLLECTION",
    "GRID",
    "StageObjects",
    "behind_trouble",
    "beside_blend",
    "build_scene",
    "build_steps",
    "find_collection",
    "is_adaptive",
    "locked",
    "project_folder",
    "refresh_behind",
    "refresh_surround",
    "reliefs",
    "scene_frame",
    "span",
    "timeline_frame",
    "update_scene",
    "update_steps",
]
