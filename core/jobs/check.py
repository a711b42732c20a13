# SPDX-License-Identifier: GPL-3.0-or-later
"""What this Python can do, in words: the engine's Check button."""

import importlib
import importlib.metadata
import importlib.util
import sys
from dataclasses import dataclass
from typing import Any

from ..errors import SecondEyeError
from .progress import IsCancelled, Progress, Report

# What core imports -> what a person installs.
PACKAGES = {
    "numpy": "numpy",
    "torch": "torch",
    "av": "av",
    "cv2": "opencv-python",
    "OpenEXR": "OpenEXR",
    "safetensors": "safetensors",
    "scenedetect": "scenedetect",
}
# What models of the user's own need, and nothing else does.
OPTIONAL = ("onnxruntime", "transformers")


@dataclass(frozen=True)
class CheckJob:
    """Look at every package that the jobs need, the device, and the bundled model."""

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers ready (bool), message, python, executable, packages (version or None),
        optional (the same, of packages for models that users bring), device, model (name or
        None), problems (list of sentences)."""
        packages: dict[str, str | None] = {}
        problems: list[str] = []
        for done, (module, name) in enumerate(PACKAGES.items()):
            report(Progress("check", done, len(PACKAGES) + 1))
            packages[module] = _version(module, name, problems)
        device = _device() if packages["torch"] else None
        model = None
        if packages["torch"] and packages["numpy"]:
            model = _bundled_model(problems)
        report(Progress("check", len(PACKAGES) + 1, len(PACKAGES) + 1))
        python = sys.version.split()[0]
        if problems:
            message = " ".join(problems)
        else:
            message = (
                f"Ready: Python {python}, torch {packages['torch']} on {device}, model {model}."
            )
        return {
            "ready": not problems,
            "message": message,
            "python": python,
            "executable": sys.executable,
            "packages": packages,
            "optional": {name: _installed(name) for name in OPTIONAL},
            "device": device,
            "model": model,
            "problems": problems,
        }


def _version(module: str, name: str, problems: list[str]) -> str | None:
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError:
        problems.append(
            f"{sys.executable} has no {module}: install the engine, or install {name} there."
        )
        return None
    except (ImportError, OSError) as error:  # a wheel of another platform, a missing library
        reason = str(error).splitlines()[0]
        problems.append(f"{module} does not load ({reason}): install the engine anew.")
        return None
    return str(getattr(found, "__version__", "unknown"))


def _installed(module: str) -> str | None:
    """The version of a module's package, without the seconds that importing it takes.

    The package may have another name: onnxruntime-gpu brings onnxruntime.
    """
    if importlib.util.find_spec(module) is None:
        return None
    try:
        return importlib.metadata.version(module)
    except importlib.metadata.PackageNotFoundError:
        packages = importlib.metadata.packages_distributions().get(module)
        return importlib.metadata.version(packages[0]) if packages else "unknown"


def _device() -> str:
    import torch

    from ..depth.device import pick_device

    device = pick_device()
    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else device.type


def _bundled_model(problems: list[str]) -> str | None:
    from ..depth import load_model

    try:
        return load_model().name
    except SecondEyeError as error:
        problems.append(str(error))
        return None
