# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the zip, and that Blender's own tools accept it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import bpy
import pytest

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = {
    "core/depth/weights/second_eye_v3.safetensors",
    "core/repair/weights/repair_v2.safetensors",
    "core/synthesis/weights/synthesis_v1.safetensors",
}
CARDS = {
    "core/depth/weights/second_eye_v3.md",
    "core/repair/weights/repair_v2.md",
    "core/synthesis/weights/synthesis_v1.md",
}
SIZE_CEILING = 7_200_000 + 4_700_000 + 5_100_000 + 1_500_000  # bytes: weights as halves, code
TOP = {"addon", "core", "docs", "blender_manifest.toml", "__init__.py", "LICENSE", "README.md",
       "pyproject.toml"}  # fmt: skip
"""All that may stand at the zip's root."""
AT_ROOT = {"blender_manifest.toml", "__init__.py", "LICENSE", "README.md", "pyproject.toml"}
LEFT_OUT = ("core/training/",)
# The tags of the extension platform, for add-ons.
TAGS = {
    "add-on": [
        "3D View", "Add Curve", "Add Mesh", "Animation", "Bake", "Camera", "Compositing",
        "Development", "Game Engine", "Geometry Nodes", "Grease Pencil", "Import-Export",
        "Lighting", "Material", "Mesh", "Modeling", "Motion Graphics", "Node", "Object", "Paint",
        "Physics", "Pipeline", "Render", "Rigging", "Scene", "Sculpt", "Sequencer", "System",
        "Text Editor", "Tracking", "User Interface", "UV",
    ],
    "theme": [],
}  # fmt: skip


def files_in_tree() -> set[str]:
    """What git knows, or will know, of the tree; what lies there where there is no git."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=ROOT, text=True, capture_output=True)
    if done.returncode == 0:
        return {name for name in done.stdout.splitlines() if (ROOT / name).exists()}
    return {str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()}


def belongs(name: str) -> bool:
    """The rule, said a second time: the manifest says it as patterns."""
    if any(part.startswith(".") or part == "__pycache__" for part in name.split("/")):
        return False
    if name.startswith("docs/"):  # the pages that Blender's manual map opens; no pictures
        return name.count("/") == 1 and name.endswith(".md")
    return name in AT_ROOT or (
        name.startswith(("addon/", "core/")) and not name.startswith(LEFT_OUT)
    )


def test_zip_holds_the_extension_and_nothing_else(package_zip: Path) -> None:
    with zipfile.ZipFile(package_zip) as archive:
        entries = set(archive.namelist())
    assert entries == {name for name in files_in_tree() if belongs(name)}
    assert entries >= {"blender_manifest.toml", "__init__.py", "core/worker.py", "pyproject.toml"}
    assert package_zip.stat().st_size < SIZE_CEILING


def test_zip_holds_code_and_two_files_of_weights(package_zip: Path) -> None:
    """Whatever git knows: a clip, a picture or other weights do not belong in it."""
    with zipfile.ZipFile(package_zip) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    assert {name.split("/")[0] for name in sizes} <= TOP
    inside = {name for name in sizes if "/" in name and not name.endswith(".py")}
    pages = {name for name in inside if name.startswith("docs/") and name.endswith(".md")}
    languages = {name for name in inside if name.startswith("addon/translations/")}
    assert pages and inside - pages - languages <= WEIGHTS | CARDS
    assert max(size for name, size in sizes.items() if name not in WEIGHTS) < 100_000


def test_shipped_modules_import_only_what_is_shipped(package_zip: Path) -> None:
    """Relative imports anywhere in a file, also those inside functions."""
    with zipfile.ZipFile(package_zip) as archive:
        entries = set(archive.namelist())
        sources = {name: archive.read(name) for name in entries if name.endswith(".py")}
    missing = []
    for name, source in sources.items():
        package = PurePosixPath(name).parent
        for node in ast.walk(ast.parse(source, name)):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = package
                for _ in range(node.level - 1):
                    base = base.parent
                base = base.joinpath(*(node.module or "").split("."))
                found = {f"{base}.py", f"{base}/__init__.py", "__init__.py"} & entries
                if not found or (str(base) != "." and found == {"__init__.py"}):
                    missing.append(f"{name}:{node.lineno} {base}")
    assert missing == []


def test_the_builder_validates_tree_and_zip(package_zip: Path, tmp_path: Path) -> None:
    tags = tmp_path / "tags.json"
    tags.write_text(json.dumps(TAGS), encoding="utf8")
    for what in (ROOT, package_zip):
        done = blender_ext("validate", "--valid-tags", str(tags), str(what))
        assert done.returncode == 0, done.stdout
    tags.write_text(json.dumps({"add-on": ["Camera"], "theme": []}), encoding="utf8")
    refused = blender_ext("validate", "--valid-tags", str(tags), str(ROOT))
    assert refused.returncode != 0, "an unknown tag must be refused, or this test shows nothing"


def test_manifest_keeps_the_platform_rules(package_zip: Path) -> None:
    with zipfile.ZipFile(package_zip) as archive:
        manifest = tomllib.loads(archive.read("blender_manifest.toml").decode())
        project = tomllib.loads(archive.read("pyproject.toml").decode())["project"]
    assert manifest["id"] == "second_eye" and manifest["blender_version_min"] == "4.2.0"
    assert manifest["version"] == project["version"]
    assert manifest["license"] == ["SPDX:GPL-3.0-or-later"]
    assert len(manifest["tagline"]) <= 64 and not manifest["tagline"].endswith(".")
    assert "blender" not in manifest["name"].lower()
    assert set(manifest["permissions"]) == {"files", "network"}
    assert set(manifest["tags"]) <= set(TAGS["add-on"])


def blender_ext(*arguments: str) -> subprocess.CompletedProcess[str]:
    scripts = Path(bpy.utils.resource_path("LOCAL")) / "scripts"
    script = scripts / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"
    if not script.exists():
        pytest.fail(f"{script} is missing from this bpy")
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
