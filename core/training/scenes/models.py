# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment,return-value"
"""The catalogue's OBJ files as Blender meshes of the right size with simple materials."""

import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import bpy
import numpy as np

from .catalog import Model
from .materials import new_material


def load_obj(model: Model) -> bpy.types.Mesh:
    """The mesh of a model as its file has it, Z up, with the importer's materials."""
    folder = model.path.rsplit("/", 1)[0] + "/"
    with TemporaryDirectory() as temporary:
        archive = _opened(model.archive)
        for name in archive.namelist():
            if name.startswith(folder) and not name.endswith("/"):
                archive.extract(name, temporary)
        before = set(bpy.data.objects)
        # Into a scene of its own: importing updates the whole of the scene it imports into.
        aside = bpy.data.scenes.new("import")
        with bpy.context.temp_override(scene=aside, view_layer=aside.view_layers[0]):
            bpy.ops.wm.obj_import(
                filepath=str(Path(temporary) / model.path),
                use_split_objects=False,
                use_split_groups=False,
                validate_meshes=True,
            )
        new = [item for item in bpy.data.objects if item not in before]
        for image in bpy.data.images:
            if (
                image.source == "FILE"
                and not image.packed_file
                and image.has_data | bool(image.size[0])
            ):
                if max(image.size) > 512:
                    factor = 512 / max(image.size)
                    image.scale(*(max(1, int(n * factor)) for n in image.size))
                image.pack()
    mesh = new[0].data
    # The importer turns Y up into Z up by the object's matrix; the mesh alone is kept.
    mesh.transform(new[0].matrix_world)
    for item in new:
        bpy.data.objects.remove(item)
    bpy.data.scenes.remove(aside)
    return mesh


@cache
def _opened(archive: Path) -> zipfile.ZipFile:
    """An archive kept open: reading its directory takes as long as importing a model."""
    return zipfile.ZipFile(archive)


def fit(mesh: bpy.types.Mesh, model: Model) -> None:
    """Scale to the catalogue's size; centre on x and y, stand on z = 0."""
    points = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", points)
    points = points.reshape(-1, 3).astype(np.float64)
    if model.rotation is not None:
        # The catalogue's matrix is in the model's own axes: x right, y up, z to the front.
        to_file = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
        turn = to_file.T @ np.array(model.rotation).reshape(3, 3) @ to_file
        points = points @ turn.T
    low, high = points.min(0), points.max(0)
    points = (points - (low + high) / 2) * np.array(model.size) / np.maximum(high - low, 1e-6)
    points[:, 2] += model.size[2] / 2
    mesh.vertices.foreach_set("co", points.astype(np.float32).ravel())
    mesh.update()


def simplified(old: bpy.types.Material, rng: np.random.Generator) -> bpy.types.Material:
    """A diffuse material in place of the importer's: the picture or colour, tinted a little, and
    a cut-out where the picture has holes."""
    tint = np.clip(rng.normal(1, 0.08, 3), 0.7, 1.2)
    principled = next((n for n in old.node_tree.nodes if n.type == "BSDF_PRINCIPLED"), None)
    if principled is None:
        return old
    material, shader, nodes = new_material(0.2 if rng.random() < 0.15 else 0.0)
    links = material.node_tree.links
    base, alpha = principled.inputs["Base Color"], principled.inputs["Alpha"]
    image = base.links[0].from_node.image if base.is_linked else None
    if image is not None and not image.size[0]:
        image = None  # the archive lacks the picture: Blender would show magenta
    if image is not None:
        texture = nodes.new("ShaderNodeTexImage")
        texture.image = image
        links.new(texture.outputs[0], shader.inputs[0])
    else:
        plain = (0.45, 0.42, 0.4) if base.is_linked else base.default_value[:3]
        colour = np.clip(np.array(plain) * tint, 0.02, 0.9)
        shader.inputs[0].default_value = (*colour, 1)
    # Panes and glasses become opaque: a half-transparent surface has no single depth.
    if alpha.is_linked and image is not None:
        out = next(n for n in nodes if n.type == "OUTPUT_MATERIAL")
        solid = out.inputs[0].links[0].from_socket
        mix, clear = nodes.new("ShaderNodeMixShader"), nodes.new("ShaderNodeBsdfTransparent")
        # A hard threshold: half-transparent edges would show a mix that depth can't follow.
        cut = nodes.new("ShaderNodeMath")
        cut.operation = "GREATER_THAN"
        cut.inputs[1].default_value = 0.5
        links.new(texture.outputs["Alpha"], cut.inputs[0])
        links.new(cut.outputs[0], mix.inputs[0])
        links.new(clear.outputs[0], mix.inputs[1])
        links.new(solid, mix.inputs[2])
        links.new(mix.outputs[0], out.inputs[0])
    return material


def cover(mesh: bpy.types.Mesh, material: bpy.types.Material) -> None:
    """Give the largest material slot another surface."""
    slots = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("material_index", slots)
    areas = np.empty(len(mesh.polygons), np.float32)
    mesh.polygons.foreach_get("area", areas)
    if len(mesh.materials):
        mesh.materials[int(np.argmax(np.bincount(slots, areas)))] = material
