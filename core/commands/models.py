# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye models list|add|info|remove``: depth models that the user brings."""

import argparse
from typing import Any

from ..console import Console
from ..errors import SecondEyeError, UsageError
from ..models import PRESETS, Registry

ACTIONS = {
    "list": "the models that ship and those that were added",
    "add": "check a model by running it, then keep it under a name",
    "info": "inputs, size, numbers, normalisation, unit, licence and parameters",
    "remove": "forget an added model; a file that was not copied is left alone",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    parsers = {name: actions.add_parser(name, help=text) for name, text in ACTIONS.items()}
    add = parsers["add"]
    add.add_argument(
        "path", metavar="FILE|FOLDER", help="an .onnx file, or a folder with config.json and "
        ".safetensors"
    )  # fmt: skip
    add.add_argument(
        "--preset", choices=list(PRESETS), metavar="NAME",
        help=f"how an .onnx file wants its picture: {', '.join(PRESETS)}",
    )  # fmt: skip
    add.add_argument("--name", metavar="NAME", help="what to call it; default: the file's name")
    add.add_argument(
        "--copy", action="store_true", help="copy its files; default: use them where they lie"
    )
    add.add_argument("--device", metavar="cpu|cuda|mps", help="where the check runs it")
    for name in ("info", "remove"):
        parsers[name].add_argument("name", metavar="NAME", help="as `models list` prints it")
    for sub in parsers.values():
        sub.add_argument(
            "--data", metavar="DIR", help="the folder of added models; default: SECOND_EYE_DATA, "
            "else the user's data folder"
        )  # fmt: skip
        for option in ("--json", "--debug"):
            sub.add_argument(
                option, action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS
            )


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the action; the answers are those of core.jobs.models."""
    from ..jobs.models import AddModelJob, RemoveModelJob

    if arguments.action == "add":
        job = AddModelJob(
            path=arguments.path,
            name=arguments.name,
            preset=arguments.preset,
            copy=arguments.copy,
            device=arguments.device,
            data=arguments.data,
        )
        return job.run(console.report, console.cancelled)
    if arguments.action == "remove":
        return RemoveModelJob(arguments.name, arguments.data).run(console.report, console.cancelled)
    registry = Registry(arguments.data)
    if arguments.action == "info":
        found = _info(arguments.name, registry)
        return found | {"message": _sheet(found)}
    models = [*_bundled(), *(_added(name, registry) for name in registry.names())]
    return {"folder": str(registry.folder), "models": models, "message": _table(models)}


def _info(name: str, registry: Registry) -> dict[str, Any]:
    for found in _bundled():
        if found["name"] == name:
            return found
    if name in registry.names():
        return _added(name, registry)
    known = [*(found["name"] for found in _bundled()), *registry.names()]
    raise UsageError(f'There is no model "{name}": the models are {", ".join(known)}.')


def _added(name: str, registry: Registry) -> dict[str, Any]:
    from ..jobs.models import describe

    try:
        entry = registry.entry(name)
    except SecondEyeError as error:  # damaged: listed, so that it can be removed
        return {"name": name, "kind": None, "bundled": False, "problem": str(error)}
    assert entry is not None  # it was listed a moment ago
    return describe(entry, registry)


def _bundled() -> list[dict[str, Any]]:
    from ..depth import bundled_models, bundled_path
    from ..models import find_source

    models = []
    for name in bundled_models():
        source = find_source(bundled_path(name))
        size = source.metadata.get("size")
        models.append(
            {
                "name": name,
                "kind": source.kind,
                "path": str(source.path),
                "bundled": True,
                "parameters": source.parameters,
                "bytes": source.bytes,
                "dtypes": list(source.dtypes),
                "unit": "relative",
                "window": 1,
                "size": int(size) if size else None,
                "licence": "GPL-3.0-or-later",
                "settings": {},
                "problem": None,
            }
        )
    return models


def _table(models: list[dict[str, Any]]) -> str:
    width = max(len(model["name"]) for model in models) + 2 if models else 0
    lines = []
    for model in models:
        if model["problem"]:
            lines.append(f"{model['name']:<{width}}{model['problem']}")
            continue
        unit = "metres" if model["unit"] == "metres" else "relative"
        place = "ships with Second Eye" if model["bundled"] else model["path"]
        million = f"{model['parameters'] / 1e6:.3g} M"
        lines.append(f"{model['name']:<{width}}{model['kind']:<14}{unit:<10}{million:>8}  {place}")
    return "\n".join(lines)


def _sheet(found: dict[str, Any]) -> str:
    """One line a fact, those that are known."""
    settings = found.get("settings") or {}
    rows = {
        "name": found["name"],
        "problem": found.get("problem"),
        "kind": found.get("kind"),
        "path": found.get("path"),
        "inputs": _ports(found.get("inputs")),
        "outputs": _ports(found.get("outputs")),
        "layout": found.get("layout"),
        "numbers": found.get("dtype") or ", ".join(found.get("dtypes") or ()) or None,
        "size": found.get("size") or ("as its input is" if found.get("inputs") else None),
        "normalisation": _colours(settings) if not found.get("bundled") else None,
        "answer": settings.get("output", "inverse_depth") if found.get("kind") else None,
        "unit": found.get("unit"),
        "frames at a time": found.get("window"),
        "preset": settings.get("preset"),
        "parameters": found.get("parameters"),
        "bytes": found.get("bytes"),
        "licence": found.get("licence") or "not known",
    }
    width = max(map(len, rows)) + 2
    return "\n".join(f"{key:<{width}}{value}" for key, value in rows.items() if value is not None)


def _colours(settings: dict[str, Any]) -> str:
    mean, std = (
        "[" + ", ".join(f"{value:g}" for value in settings.get(key, default)) + "]"
        for key, default in (("mean", (0, 0, 0)), ("std", (1, 1, 1)))
    )
    return f"(rgb in 0..1 * {settings.get('scale', 255):g} - {mean}) / {std}"


def _ports(ports: list[dict[str, Any]] | None) -> str | None:
    if not ports:
        return None
    return "; ".join(f"{port['name']} {port['shape']} {port['type']}" for port in ports)
