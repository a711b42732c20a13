# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""Surfaces: plain, procedural, or a photo, always diffuse with at most a little gloss."""

from pathlib import Path

import bpy
import cv2
import numpy as np

from . import textures
from .palette import tone


class Palette:
    """Makes materials from ``rng`` and ``photos``; notes the photos used in ``sources``."""

    def __init__(self, rng: np.random.Generator, photos: list[Path]) -> None:
        self.rng = rng
        self.photos = photos
        self.sources: set[str] = set()
        self._woods: list[np.ndarray] = []

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
        large = path.stat().st_size > 400_000
        picture = cv2.imread(str(path), cv2.IMREAD_REDUCED_COLOR_2 if large else cv2.IMREAD_COLOR)
        if picture is None:
            return textures.any_surface(self.rng)
        self.sources.add(f"photo {path.name}")
        return textures.photo_crop(self.rng, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))

    def flat(self, colour: np.ndarray, gloss: float = 0.0) -> bpy.types.Material:
        """A plain material of one sRGB colour."""
        material, shader, _ = new_material(gloss)
        shader.inputs[0].default_value = (*_linear(np.asarray(colour)), 1)
        return material

    def textured(
        self,
        picture: np.ndarray,
        metres: float = 1.0,
        gloss: float = 0.0,
        fit: bool = False,
        vary: float = 0.0,
        shine: float = 0.0,
    ) -> bpy.types.Material:
        """A material showing the picture every ``metres`` by box projection in object space.

        ``fit`` stretches it once over the object's bounding box instead (pictures, covers).
        ``vary`` (0..1) darkens it here and there in patches many times as large, so that the
        repeats can't be seen. ``shine`` > 0: a surface in daylight seen from a room, that gives
        that much light of the picture's colours itself and throws none.
        """
        material, shader, nodes = new_material(gloss)
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
        shown = texture.outputs[0]
        if vary:
            shown = _patchy(material, where.outputs["Object"], shown, metres, vary)
        links.new(shown, shader.inputs[0])
        if shine:
            daylight = nodes.new("ShaderNodeEmission")
            daylight.inputs[1].default_value = shine
            links.new(shown, daylight.inputs[0])
            out = next(node for node in nodes if node.type == "OUTPUT_MATERIAL")
            links.new(daylight.outputs[0], out.inputs[0])
            material.cycles.emission_sampling = "NONE"
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

    def wood(self) -> np.ndarray:
        """Wood of the one or two kinds that this scene's furniture is made of."""
        if len(self._woods) < 2:
            self._woods.append(textures.wood(self.rng))
        return (
            self._woods[int(self.rng.random() < 0.25)] if len(self._woods) > 1 else self._woods[0]
        )

    def furniture_skin(self) -> bpy.types.Material:
        """Wood, paint or cloth, as furniture has."""
        draw = self.rng.random()
        if draw < 0.5:
            return self.textured(self.wood(), self.rng.uniform(0.5, 1.5), 0.1 if draw < 0.2 else 0)
        if draw < 0.8:
            return self.flat(tone(self.rng, "paint"), 0.15 if draw < 0.6 else 0)
        return self.textured(
            textures.speckle(self.rng, tone(self.rng, "cloth"), 0.3, start=16), 0.7
        )

    def surface(self, photo_share: float = 0.1, metres: tuple = (0.3, 2.5)) -> bpy.types.Material:
        """Any material: procedural, plain, or (now and then) a photo."""
        draw = self.rng.random()
        gloss = 0.25 if self.rng.random() < 0.2 else 0.0
        if draw < photo_share:
            return self.textured(self.photo(), self.rng.uniform(*metres) * 1.3, gloss)
        if draw < 0.7:
            return self.textured(textures.any_surface(self.rng), self.rng.uniform(*metres), gloss)
        return self.flat(tone(self.rng, "paint"), gloss)


def _patchy(material, where, colour, metres: float, vary: float):
    """Multiply a colour by soft noise several times coarser than ``metres``."""
    nodes, links = material.node_tree.nodes, material.node_tree.links
    noise = nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = 0.17 / metres
    noise.inputs["Detail"].default_value = 4
    links.new(where, noise.inputs["Vector"])
    limits = nodes.new("ShaderNodeMapRange")
    limits.inputs["From Min"].default_value = 0.35
    limits.inputs["From Max"].default_value = 0.65
    limits.inputs["To Min"].default_value = 1 - vary
    links.new(noise.outputs[0], limits.inputs[0])
    mix = nodes.new("ShaderNodeMix")
    mix.data_type, mix.blend_type = "RGBA", "MULTIPLY"
    mix.inputs["Factor"].default_value = 1.0
    links.new(colour, mix.inputs[6])
    links.new(limits.outputs[0], mix.inputs[7])
    return mix.outputs[2]


def _linear(srgb: np.ndarray) -> np.ndarray:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def new_material(gloss: float):
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
