# SPDX-License-Identifier: GPL-3.0-or-later
"""glTF 2.0 in one binary file (.glb): meshes that wear a picture, unlit."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

_ARRAY, _INDEX = 34962, 34963  # bufferView.target
_FLOAT, _UNSIGNED = 5126, 5125  # accessor.componentType
_LINEAR, _CLAMP = 9729, 33071


@dataclass(frozen=True)
class TexturedMesh:
    """``points`` float32 (N, 3), y up, the camera looking along -z; ``uv`` float32 (N, 2), v from
    the bottom; ``triangles`` int (M, 3), counter-clockwise as the camera sees them. ``picture``: a
    whole JPEG or PNG file. ``cut``: invisible where the picture's alpha is below a half."""

    name: str
    points: np.ndarray
    uv: np.ndarray
    triangles: np.ndarray
    picture: bytes
    cut: bool = False


def encode_glb(meshes: list[TexturedMesh], made_by: str) -> bytes:
    """The file. Each mesh is a node of the one scene."""
    chunk = bytearray()
    told: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": made_by},
        "extensionsUsed": ["KHR_materials_unlit"],
        "scene": 0,
        "scenes": [{"nodes": list(range(len(meshes)))}],
        "samplers": [
            {"magFilter": _LINEAR, "minFilter": _LINEAR, "wrapS": _CLAMP, "wrapT": _CLAMP}
        ],
    }
    names = ("nodes", "meshes", "materials", "textures", "images", "accessors", "bufferViews")
    told |= {name: [] for name in names}

    def view(data: bytes, target: int | None) -> int:
        chunk.extend(b"\0" * (-len(chunk) % 4))
        found: dict[str, Any] = {"buffer": 0, "byteOffset": len(chunk), "byteLength": len(data)}
        told["bufferViews"].append(found | ({"target": target} if target else {}))
        chunk.extend(data)
        return len(told["bufferViews"]) - 1

    def accessor(values: np.ndarray, kind: str, target: int) -> int:
        little = np.ascontiguousarray(values, "<u4" if target == _INDEX else "<f4")
        found: dict[str, Any] = {
            "bufferView": view(little.tobytes(), target),
            "componentType": _UNSIGNED if target == _INDEX else _FLOAT,
            "count": len(little),
            "type": kind,
        }
        if kind == "VEC3":
            found |= {"min": little.min(0).tolist(), "max": little.max(0).tolist()}
        told["accessors"].append(found)
        return len(told["accessors"]) - 1

    for number, mesh in enumerate(meshes):
        from_top = np.stack([mesh.uv[:, 0], 1.0 - mesh.uv[:, 1]], 1)
        attributes = {
            "POSITION": accessor(mesh.points, "VEC3", _ARRAY),
            "TEXCOORD_0": accessor(from_top, "VEC2", _ARRAY),
        }
        faces = accessor(mesh.triangles.reshape(-1), "SCALAR", _INDEX)
        surface = {"attributes": attributes, "indices": faces, "material": number}
        told["nodes"].append({"name": mesh.name, "mesh": number})
        told["meshes"].append({"name": mesh.name, "primitives": [surface]})
        kind = "image/png" if mesh.picture[:4] == b"\x89PNG" else "image/jpeg"
        told["images"].append({"bufferView": view(mesh.picture, None), "mimeType": kind})
        told["textures"].append({"sampler": 0, "source": number})
        material: dict[str, Any] = {
            "name": mesh.name,
            "doubleSided": True,
            "pbrMetallicRoughness": {
                "baseColorTexture": {"index": number},
                "metallicFactor": 0.0,
                "roughnessFactor": 1.0,
            },
            "extensions": {"KHR_materials_unlit": {}},
        }
        cut = {"alphaMode": "MASK", "alphaCutoff": 0.5} if mesh.cut else {}
        told["materials"].append(material | cut)
    chunk.extend(b"\0" * (-len(chunk) % 4))
    told["buffers"] = [{"byteLength": len(chunk)}]
    text = json.dumps(told, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    size = 12 + 8 + len(text) + 8 + len(chunk)
    head = struct.pack("<4sII", b"glTF", 2, size)
    return b"".join(
        (
            head,
            struct.pack("<I4s", len(text), b"JSON"),
            text,
            struct.pack("<I4s", len(chunk), b"BIN\0"),
            bytes(chunk),
        )
    )
