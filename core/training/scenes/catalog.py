# SPDX-License-Identifier: GPL-3.0-or-later
"""The free furniture models (Debian's sweethome3d-furniture) and the free photos for textures."""

import os
import re
import subprocess
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...errors import SecondEyeError

FURNITURE_PACKAGE = "sweethome3d-furniture"
# Their copyright files name GPL-2+ (mate), CC-BY 4.0, CC-BY-SA 3.0 and 4.0 and CC0 (lomiri).
PHOTO_PACKAGES = ("mate-backgrounds", "lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04")
SMALLEST_PHOTO = 15_000  # bytes
LARGEST_MODEL = 1_600_000  # bytes of OBJ: larger pieces take seconds to load

LICENCES = {
    "BlendSwap-CC-0": "CC0 1.0",
    "BlendSwap-CC-BY": "CC-BY 3.0, the BlendSwap contributors",
    "KatorLegaz": "CC-BY 3.0 US, Andrew Kator & Jennifer Legaz",
    "Reallusion": "CC-BY 3.0 US, Reallusion",
    "Scopia": "CC-BY 3.0, Scopia Visual Interfaces Systems",
}

_TABLES = re.compile(r"table|desk|workbench|island$|vanity", re.I)
_NOT_TABLES = re.compile(
    r"tennis|pool|football|lamp|cloth|changing|trestle|dressing|kitchen|bat", re.I
)
_TREES = re.compile(
    r"^(acacia|coconut tree|bended coconut tree|copper beech|cypress|japanese maple|poplar"
    r"|palm tree|peach blossom|pine|blue pine.*|pine under snow|sycamore maple|bush|high hedge"
    r"|hedge|ficus)$",
    re.I,
)
_HUMAN = re.compile(r"male|boy|girl", re.I)
_ANIMAL = re.compile(r"dog|cat|rabbit|chicken", re.I)
_BESIDE = re.compile(r"^(bicycle|stroller|scooter|suitcase|tricycle|bike)$", re.I)
_THIN = re.compile(
    r"^(floor lamp|lamp|pedestal vase lamp|clothes horse|coat|easel|music stand|step ladder)", re.I
)
_STREET = re.compile(
    r"hydrant|trash|recycling|bench|mailbox|lamppost|street l|park light|dustbin|cone|crate|barrel"
    r"|pallet|outdoor lamp|letters box|bicycle|bike$|scooter|motorbike|wheelbarrow|stone lantern",
    re.I,
)
_LAWN = re.compile(
    r"rock$|barrel|crate|box$|fence|deck chair|bench|tent|horse|deer|dog house|garden hut|slide"
    r"|swing|seesaw|wheelbarrow|stone lantern|snowman|dog$|fountain|trampoline|football goal",
    re.I,
)
_FLAT = re.compile(
    r"parking|pedestrian crossing|rails|arrow|swimming pool|plug|switch|socket|sandpit"
    r"|rail crossing|clothes horse|escalator|elevator|light$|lights$|chandelier|ceiling|hanging"
    r"|strip|pendant"
    r"|video projector|contemporary living room|wall |bathmat|tatami|rug|carpet|doormat|curtain",
    re.I,
)


@dataclass(frozen=True)
class Model:
    """One piece: sizes in metres along x (width), y (depth) and z (height)."""

    key: str
    name: str
    category: str
    library: str
    archive: Path
    path: str
    size: tuple[float, float, float]
    elevation: float
    creator: str
    rotation: tuple[float, ...] | None

    @property
    def source(self) -> str:
        """Name, author and licence, for scene.json and the model card."""
        return f"{self.name} ({self.path.split('/')[-1]}), {self.creator}: {LICENCES[self.library]}"


class Catalogue:
    """Models by the part they can play: ``roles[role]`` is a list in a fixed order."""

    def __init__(self, models: list[Model]) -> None:
        self.models = models
        self.roles: dict[str, list[Model]] = defaultdict(list)
        for model in models:
            for role in _roles(model):
                self.roles[role].append(model)


def _roles(model: Model) -> list[str]:
    width, depth, height = model.size
    name, category = model.name, model.category
    if category == "Characters":
        if not _HUMAN.search(name):
            return ["animal"] if _ANIMAL.search(name) and height < 1 else []
        # The catalogue's sitting people have no seat of their own.
        return ["person"] if height > 0.9 and not re.search("sitting|lying", name, re.I) else []
    if category == "Vehicles" and width > 1.2 and max(model.size) > 2.5 and height < 3.5:
        return ["vehicle"]
    if _TREES.match(name):
        return ["tree"] if height > 1.2 else ["bush"]
    roles = []
    if _BESIDE.search(name) and height > 0.4:
        roles.append("beside")
    if _THIN.search(name) and height > 0.9:
        roles.append("thin")
    if _STREET.search(name) and height < 5:
        roles.append("street")
    if _LAWN.search(name):
        roles.append("lawn")
    if category in ("Exterior", "Vehicles", "Characters", "Staircases", "Doors and windows"):
        return roles
    if re.search(r"^(horse|deer|truck|fork lift|shipping container)$", name, re.I):
        return roles
    if _FLAT.search(name) or height < 0.015:
        return roles
    is_table = _TABLES.search(name) and not _NOT_TABLES.search(name)
    if is_table and 0.35 < height < 1.1 and width > 0.5 and depth > 0.35:
        roles.append("table")
    if model.elevation > 0.2:
        return [*roles, "hung"] if depth < 0.5 and height < 1.2 else roles
    if max(width, depth) < 0.55 and height < 0.6:
        roles.append("clutter")
    if re.search(r"chair|stool|armchair|seat", name, re.I) and 0.6 < height < 1.4 and width < 1.1:
        roles.append("chair")
    if max(width, depth) > 0.3 and 0.35 < height < 2.4 and max(width, depth) < 3.2:
        roles.append("floor")
    return roles


def load_catalogue(assets: Path) -> Catalogue:
    """Read the furniture archives (.sh3f) that lie anywhere under ``assets``."""
    models: list[Model] = []
    for archive in furniture_files(assets):
        models += _read_archive(archive)
    if not models:
        raise SecondEyeError(
            f"No furniture models (*.sh3f) lie under {assets}: give --assets a folder that may be "
            "filled from Debian, or one where sweethome3d-furniture was unpacked."
        )
    return Catalogue(models)


def furniture_files(assets: Path) -> list[Path]:
    """The furniture archives under ``assets``, in the order of their names."""
    return sorted(assets.rglob("*.sh3f"), key=lambda path: path.name)


def _read_archive(archive: Path) -> list[Model]:
    try:
        with zipfile.ZipFile(archive) as file:
            text = file.read("PluginFurnitureCatalog.properties").decode("latin-1")
            sizes = {info.filename: info.file_size for info in file.infolist()}
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise SecondEyeError(
            f"{archive} is damaged: delete it so that it is fetched again."
        ) from error
    entries: dict[int, dict[str, str]] = defaultdict(dict)
    for match in re.finditer(r"^\s*(\w+)#(\d+)\s*=\s*(.*?)\s*$", text, re.M):
        entries[int(match[2])][match[1]] = match[3]
    models = []
    for entry in entries.values():
        path = entry.get("model", "").lstrip("/")
        if not path.endswith(".obj") or not 0 < sizes.get(path, 0) <= LARGEST_MODEL:
            continue
        turn = entry.get("modelRotation")
        models.append(
            Model(
                key=f"{archive.stem}/{path}",
                name=entry.get("name", path),
                category=entry.get("category", ""),
                library=archive.stem,
                archive=archive,
                path=path,
                size=tuple(float(entry[k]) / 100 for k in ("width", "depth", "height")),  # type: ignore[arg-type]
                elevation=float(entry.get("elevation", 0)) / 100,
                creator=entry.get("creator", "unknown"),
                rotation=tuple(float(x) for x in turn.split()) if turn else None,
            )
        )
    return models


def photo_files(textures: Path) -> list[Path]:
    """The photos (JPEG) under ``textures``, in the order of their names."""
    found = (p for p in textures.rglob("*.jp*g") if p.stat().st_size > SMALLEST_PHOTO)
    return sorted(found, key=lambda path: path.name)


def fetch_furniture(assets: Path, say: Callable[[str], None] = print) -> None:
    """Fetch and unpack the furniture package under ``assets`` unless models are there."""
    if not furniture_files(assets):
        _fetch(FURNITURE_PACKAGE, assets, say)


def fetch_photos(textures: Path, say: Callable[[str], None] = print) -> None:
    """Fetch free photos under ``textures``, unless it holds pictures of another origin."""
    missing = [package for package in PHOTO_PACKAGES if not (textures / package).is_dir()]
    if len(missing) == len(PHOTO_PACKAGES) and photo_files(textures):
        return
    for package in missing:
        _fetch(package, textures, say)


def _fetch(package: str, folder: Path, say: Callable[[str], None]) -> None:
    """``apt-get download`` and ``dpkg -x`` into ``folder/package``, which appears when complete:
    nothing is installed and no root is needed."""
    say(f"Fetching the Debian package {package} into {folder}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as temporary:
            download, content = ["apt-get", "download", package], Path(temporary) / "content"
            subprocess.run(download, cwd=temporary, check=True, capture_output=True)
            archive = next(Path(temporary).glob("*.deb"))
            unpack = ["dpkg", "-x", str(archive), str(content)]
            subprocess.run(unpack, check=True, capture_output=True)
            os.replace(content, folder / package)
    except (OSError, subprocess.CalledProcessError, StopIteration) as error:
        raise SecondEyeError(
            f"The package {package} could not be fetched into {folder}: on a Debian machine run "
            "'apt-get update' first, elsewhere unpack its .deb there by hand."
        ) from error
