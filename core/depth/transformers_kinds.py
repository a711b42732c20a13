# SPDX-License-Identifier: GPL-3.0-or-later
"""What the depth models of the package Transformers answer, and how they want their pictures.

Which of them answer depth and which inverse depth is read from the package's own modelling code
(transformers 5.23: models/TYPE/modeling_TYPE.py and image_processing_TYPE.py); docs/models.md
has the table.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import SecondEyeError
from ..models import Settings
from ..models.settings import with_sidecar
from ..models.sources import Source, read_object

_STANDARD = Settings(scale=1.0, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
_IMAGENET = Settings(scale=1.0, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))

# Where a folder has no preprocessor_config.json: the defaults of the published checkpoints.
DEFAULTS = {
    # MiDaS v3's networks: inverse depth in no unit.
    "dpt": replace(_STANDARD, size=384, side="shorter", multiple=32, output="inverse_depth"),
    # Inverse depth in no unit, or metres where its depth_estimation_type is "metric".
    "depth_anything": replace(
        _IMAGENET, size=518, side="shorter", multiple=14, output="inverse_depth"
    ),
    "zoedepth": replace(_STANDARD, size=384, side="shorter", multiple=32, output="metric_depth"),
    # A sigmoid times the greatest depth of its data set, in metres; no mean is subtracted.
    "glpn": Settings(scale=1.0, size=640, side="longer", multiple=32, output="metric_depth"),
    # Canonical inverse depth, made 1/metre by the field of view that it estimates itself.
    "depth_pro": replace(_STANDARD, size=1536, multiple=1, output="metric_inverse_depth"),
    "tipsv2_dpt": Settings(scale=1.0, size=448, side="longer", multiple=14, output="metric_depth"),
}
REFUSED = {
    "prompt_depth_anything": "completes a depth sensor's measurements, which footage has not",
    "chmv2": "measures the height of trees from above, not depth",
}


def settings_for(source: Source) -> Settings:
    """How the model of a folder wants its pictures, and what it answers.

    Its second_eye.json outranks its preprocessor_config.json, which outranks DEFAULTS. Raises
    SecondEyeError for a type that answers no depth, or an unknown one without a sidecar.
    """
    kind = str(source.config["model_type"])
    if kind in REFUSED:
        raise SecondEyeError(
            f"{source.path} is of the type {kind}, which {REFUSED[kind]}: choose another model."
        )
    if kind not in DEFAULTS and not source.sidecar.exists():
        raise SecondEyeError(
            f"{source.path} is of the type {kind}, which is not known to answer depth or inverse "
            f'depth: say so in {source.sidecar}, such as {{"output": "inverse_depth"}}, or choose '
            f"one of {', '.join(DEFAULTS)}."
        )
    settings = DEFAULTS.get(kind, _IMAGENET)
    if kind == "depth_anything" and source.config.get("depth_estimation_type") == "metric":
        settings = replace(settings, output="metric_depth")
    if kind == "depth_pro" and source.config.get("use_fov_model") is False:
        settings = replace(settings, output="inverse_depth")  # canonical: the field is not known
    described = source.path / "preprocessor_config.json"
    if described.is_file():
        settings = _preprocessor(read_object(described), settings, described)
    return with_sidecar(settings, source.sidecar)


def fixed_size(source: Source, settings: Settings, asked: int | None) -> tuple[int, int] | None:
    """(height, width) that pictures are stretched to; None where their aspect is kept.

    ``asked`` is the longer side wanted, None for the model's own.
    """
    kind = source.config["model_type"]
    described = source.path / "preprocessor_config.json"
    plain = read_object(described) if described.is_file() else {}
    size = plain.get("size")
    given = None
    if isinstance(size, dict) and {"height", "width"} <= size.keys():
        given = int(size["height"]), int(size["width"])
    if kind == "depth_pro":  # its pyramid of patches fits one size only
        return given or (1536, 1536)
    if kind == "dpt" and (
        not source.config.get("backbone_config") or source.config.get("is_hybrid")
    ):
        # Without a backbone of its own, the package's code folds its patches into a square.
        side = asked or max(given or (settings.size or 384,))
        return (max(side // settings.multiple, 1) * settings.multiple,) * 2
    keeps = plain.get("keep_aspect_ratio", kind != "dpt" or not plain)
    stretched = asked is None and not keeps and plain.get("do_resize", True)
    return given if stretched else None


def _preprocessor(plain: dict[str, Any], base: Settings, path: Path) -> Settings:
    """``base`` with what preprocessor_config.json says."""
    try:
        values: dict[str, Any] = {}
        if plain.get("do_rescale", True) is False:
            values["scale"] = 255.0
        elif "rescale_factor" in plain:
            values["scale"] = float(plain["rescale_factor"]) * 255.0
        if plain.get("do_normalize") is False:
            values |= {"mean": (0.0,) * 3, "std": (1.0,) * 3}
        else:
            for key, name in (("image_mean", "mean"), ("image_std", "std")):
                if plain.get(key) is not None:
                    values[name] = tuple(float(v) for v in plain[key])
        size = plain.get("size")
        if isinstance(size, dict):
            sides = [int(v) for v in size.values()]
            values |= {"size": min(sides), "side": "shorter"} if sides else {}
            if "longest_edge" in size:
                values |= {"size": int(size["longest_edge"]), "side": "longer"}
        elif isinstance(size, int):
            values |= {"size": size, "side": "shorter"}
        for key in ("ensure_multiple_of", "size_divisor"):
            if plain.get(key):
                step = float(plain[key])  # ZoeDepth's is written as 1/32 in places
                values["multiple"] = max(round(step if step >= 1 else 1 / step), base.multiple)
        if any(len(values.get(key, (0,) * 3)) != 3 for key in ("mean", "std")):
            raise ValueError("three channels")
        return replace(base, **values)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise SecondEyeError(
            f"{path} describes no picture with three colours ({error}): download it anew."
        ) from error
