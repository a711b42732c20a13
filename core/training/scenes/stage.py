# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage: an empty Blender scene with helpers that put labelled things on it.

Each thing gets a pass index ``instance * 16 + label`` by which the renderer tells it apart.
"""

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import bpy
import cv2
import numpy as np
from mathutils import Matrix, Vector

from . import furniture, shapes, textures
from .catalog import Catalogue, Model
from .furniture import Piece

GROUND, WALL, CEILING, OBJECT, VEHICLE, VEGETATION, PERSON = range(2, 9)
PROCEDURAL = 0.2  # share of procedural pieces where the catalogue has models too
LARGEST_INSTANCE = 2000  # pass indices end at 32767


@dataclass
class Thing:
    """One piece of the scene: its objects, and its box in world axes (metres)."""

    instance: int
    label: int
    free: bool
    low: np.ndarray
    high: np.ndarray
    objects: list[bpy.types.Object] = field(default_factory=list)


class Stage:
    """An empty scene in a fresh Blender file, filled by the builders from ``rng`` alone."""

    def __init__(self, rng: np.random.Generator, catalogue: Catalogue, photos: list[Path]) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.rng = rng
        self.catalogue = catalogue
        self.photos = photos
        self.scene = bpy.context.scene
        self.things: list[Thing] = []
        self.sources: set[str] = set()
        self.kept_clear: list[tuple[np.ndarray, np.ndarray]] = []
        self._meshes: dict[str, bpy.types.Mesh] = {}

    # materials -----------------------------------------------------------------------------

    def image(self, picture: np.ndarray) -> bpy.types.Image:
        """A Blender image from an sRGB picture (H x W x 3, float 0..1)."""
        height, width = picture.shape[:2]
        image = bpy.data.images.new("texture", width, height)
        pixels = np.ones((height, width, 4), np.float32)
        pixels[..., :3] = picture[::-1]
        image.pixels.foreach_set(pixels.ravel())
        image.update()
        return image

    def photo(self) -> np.ndarray:
        """A random crop of a random photo (a procedural picture when there are none)."""
        if not self.photos:
            return textures.any_surface(self.rng)
        path = self.photos[int(self.rng.integers(len(self.photos)))]
        picture = cv2.imread(str(path), cv2.IMREAD_REDUCED_COLOR_2)
        if picture is None:
            return textures.any_surface(self.rng)
        self.sources.add(f"photo {path.name}")
        return textures.photo_crop(self.rng, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))

    def flat(self, colour: np.ndarray, gloss: float = 0.0) -> bpy.types.Material:
        """A plain material of one sRGB colour."""
        material, shader, _ = _new_material(gloss)
        shader.inputs[0].default_value = (*_linear(np.asarray(colour)), 1)
        return material

    def textured(
        self, picture: np.ndarray, metres: float = 1.0, gloss: float = 0.0, fit: bool = False
    ) -> bpy.types.Material:
        """A material showing the picture every ``metres`` by box projection in object space.

        ``fit`` stretches it once over the object's bounding box instead (pictures, covers).
        """
        material, shader, nodes = _new_material(gloss)
        links = material.node_tree.links
        texture = nodes.new("ShaderNodeTexImage")
        texture.image = self.image(picture)
        texture.projection = "BOX"
        where = nodes.new("ShaderNodeTexCoord")
        mapping = nodes.new("ShaderNodeMapping")
        if not fit:
            mapping.inputs["Scale"].default_value = (1 / metres,) * 3
            mapping.inputs["Location"].default_value = tuple(self.rng.random(3))
        links.new(where.outputs["Generated" if fit else "Object"], mapping.inputs["Vector"])
        links.new(mapping.outputs[0], texture.inputs["Vector"])
        links.new(texture.outputs[0], shader.inputs[0])
        return material

    def glow(self, strength: float, colour: tuple = (1, 1, 1)) -> bpy.types.Material:
        """A light-giving surface (not sampled as a lamp: it is only seen)."""
        material = bpy.data.materials.new("glow")
        material.use_nodes = True
        nodes = material.node_tree.nodes
        nodes.clear()
        shader = nodes.new("ShaderNodeEmission")
        shader.inputs[0].default_value = (*colour, 1)
        shader.inputs[1].default_value = strength
        out = nodes.new("ShaderNodeOutputMaterial")
        material.node_tree.links.new(shader.outputs[0], out.inputs[0])
        material.cycles.emission_sampling = "NONE"
        return material

    def surface(self, photo_share: float = 0.3, metres: tuple = (0.3, 2.5)) -> bpy.types.Material:
        """Any material: photo, procedural or plain."""
        draw = self.rng.random()
        gloss = 0.25 if self.rng.random() < 0.2 else 0.0
        if draw < photo_share:
            return self.textured(self.photo(), self.rng.uniform(*metres) * 1.3, gloss)
        if draw < 0.8:
            return self.textured(textures.any_surface(self.rng), self.rng.uniform(*metres), gloss)
        return self.flat(textures.colour(self.rng), gloss)

    # things --------------------------------------------------------------------------------

    def thing(self, label: int, free: bool = False) -> Thing:
        """A new, empty thing; parts are added by `part`."""
        number = min(len(self.things) + 1, LARGEST_INSTANCE)
        new = Thing(number, label, free, np.full(3, np.inf), np.full(3, -np.inf))
        self.things.append(new)
        return new

    def part(
        self,
        thing: Thing,
        shape: shapes.Shape | bpy.types.Mesh,
        material: bpy.types.Material | None,
        at: tuple = (0, 0, 0),
        turn: float = 0.0,
        smooth: bool = False,
    ) -> bpy.types.Object:
        """Add a shape to a thing at a place, turned about z."""
        if isinstance(shape, tuple):
            mesh = bpy.data.meshes.new("part")
            mesh.from_pydata(shape[0].tolist(), [], shape[1])
            if smooth:
                mesh.shade_smooth()
        else:
            mesh = shape
        if material is not None:
            mesh.materials.clear()
            mesh.materials.append(material)
        item = bpy.data.objects.new("part", mesh)
        item.matrix_world = Matrix.Translation(Vector(at)) @ Matrix.Rotation(turn, 4, "Z")
        item.pass_index = thing.instance * 16 + thing.label
        self.scene.collection.objects.link(item)
        thing.objects.append(item)
        points = np.array([item.matrix_world @ Vector(corner) for corner in item.bound_box])
        thing.low = np.minimum(thing.low, points.min(0))
        thing.high = np.maximum(thing.high, points.max(0))
        return item

    def solid(
        self,
        shape: shapes.Shape,
        material: bpy.types.Material,
        label: int,
        at: tuple = (0, 0, 0),
        turn: float = 0.0,
        free: bool = False,
        smooth: bool = False,
    ) -> Thing:
        """One shape as a thing of its own."""
        thing = self.thing(label, free)
        self.part(thing, shape, material, at, turn, smooth)
        return thing

    def place(
        self,
        piece: Model | Piece,
        label: int,
        at: tuple,
        turn: float,
        scale: float = 1.0,
        free: bool = True,
    ) -> Thing:
        """A piece standing on ``at``; its front looks along -y before turning about z."""
        thing = self.thing(label, free)
        if isinstance(piece, Piece):
            for shape, material in zip(
                (piece.body, piece.detail), furniture.skins(self, piece.kind), strict=True
            ):
                if shape is not None:
                    self.part(thing, (shape[0] * scale, shape[1]), material, at, turn)
            return thing
        item = self.part(thing, self._mesh(piece), None, at, turn)
        if scale != 1.0:
            item.scale = (scale,) * 3
            thing.low = np.array(at) + (thing.low - at) * scale
            thing.high = np.array(at) + (thing.high - at) * scale
        return thing

    def has(self, role: str) -> bool:
        """Whether the catalogue has models for the role."""
        return bool(self.catalogue.roles[role])

    def pick(self, role: str) -> Model | Piece:
        """A random piece for the role: of the catalogue, or now and then a procedural one."""
        models = self.catalogue.roles[role]
        if not models or self.rng.random() < PROCEDURAL:
            made = furniture.piece(self.rng, role)
            if made is not None:
                return made
        return models[int(self.rng.integers(len(models)))]

    def _mesh(self, model: Model) -> bpy.types.Mesh:
        if model.key not in self._meshes:
            mesh = _load_obj(model)
            _fit(mesh, model)
            for index, material in enumerate(mesh.materials):
                if material is not None:
                    mesh.materials[index] = _simplified(material, self.rng)
            if self.rng.random() < 0.2 and model.category not in ("Characters", "Vehicles"):
                _cover(mesh, self.surface())
            self._meshes[model.key] = mesh
            self.sources.add(model.source)
        return self._meshes[model.key]

    # measuring -----------------------------------------------------------------------------

    def top(self, x: float, y: float, above: float) -> tuple[float, float] | None:
        """(height, upward part of the normal) of the first surface below (x, y, above)."""
        graph = bpy.context.evaluated_depsgraph_get()
        hit, where, normal, *_ = self.scene.ray_cast(graph, Vector((x, y, above)), Vector((0, 0, -1)))
        return (where.z, abs(normal.z)) if hit else None

    def blocked(self, low: np.ndarray, high: np.ndarray) -> bool:
        """Whether a box (world axes) meets a place kept clear, or a thing's box (ground and walls
        excepted)."""
        if any(np.all(a < high) and np.all(b > low) for a, b in self.kept_clear):
            return True
        return any(
            thing.label not in (GROUND, WALL, CEILING)
            and bool(np.all(thing.low < high) and np.all(thing.high > low))
            for thing in self.things
        )


def _linear(srgb: np.ndarray) -> np.ndarray:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _new_material(gloss: float):
    material = bpy.data.materials.new("surface")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    out = nodes.new("ShaderNodeOutputMaterial")
    shader = nodes.new("ShaderNodeBsdfDiffuse")
    result = shader.outputs[0]
    if gloss:
        mix, shiny = nodes.new("ShaderNodeMixShader"), nodes.new("ShaderNodeBsdfGlossy")
        shiny.inputs["Roughness"].default_value = 0.3
        mix.inputs[0].default_value = gloss
        links.new(result, mix.inputs[1])
        links.new(shiny.outputs[0], mix.inputs[2])
        result = mix.outputs[0]
    links.new(result, out.inputs[0])
    return material, shader, nodes


def _simplified(old: bpy.types.Material, rng: np.random.Generator) -> bpy.types.Material:
    """A diffuse material in place of the importer's: the picture or colour, tinted a little, and
    a cut-out where the picture has holes."""
    tint = np.clip(rng.normal(1, 0.08, 3), 0.7, 1.2)
    principled = next((n for n in old.node_tree.nodes if n.type == "BSDF_PRINCIPLED"), None)
    if principled is None:
        return old
    material, shader, nodes = _new_material(0.2 if rng.random() < 0.15 else 0.0)
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


def _load_obj(model: Model) -> bpy.types.Mesh:
    folder = model.path.rsplit("/", 1)[0] + "/"
    with TemporaryDirectory() as temporary, zipfile.ZipFile(model.archive) as archive:
        for name in archive.namelist():
            if name.startswith(folder) and not name.endswith("/"):
                archive.extract(name, temporary)
        before = set(bpy.data.objects)
        bpy.ops.wm.obj_import(
            filepath=str(Path(temporary) / model.path),
            use_split_objects=False,
            use_split_groups=False,
            validate_meshes=True,
        )
        new = [item for item in bpy.data.objects if item not in before]
        for image in bpy.data.images:
            if image.source == "FILE" and not image.packed_file and image.has_data | bool(image.size[0]):
                if max(image.size) > 512:
                    factor = 512 / max(image.size)
                    image.scale(*(max(1, int(n * factor)) for n in image.size))
                image.pack()
    mesh = new[0].data
    # The importer turns Y up into Z up by the object's matrix; the mesh alone is kept.
    mesh.transform(new[0].matrix_world)
    for item in new:
        bpy.data.objects.remove(item)
    return mesh


def _fit(mesh: bpy.types.Mesh, model: Model) -> None:
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


def _cover(mesh: bpy.types.Mesh, material: bpy.types.Material) -> None:
    """Give the largest material slot another surface."""
    slots = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("material_index", slots)
    areas = np.empty(len(mesh.polygons), np.float32)
    mesh.polygons.foreach_get("area", areas)
    if len(mesh.materials):
        mesh.materials[int(np.argmax(np.bincount(slots, areas)))] = material
