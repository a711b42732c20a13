# SPDX-License-Identifier: GPL-3.0-or-later
"""Adding a model that the user brings: it is run once before it is kept; and forgetting it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SecondEyeError, UsageError
from ..models import Entry, Registry, Settings, Source, bundled, find_source, memory, preset
from ..models.registry import suggest_name
from ..models.settings import from_plain, read_sidecar, read_written
from .progress import IsCancelled, Progress, Report, stop_if

if TYPE_CHECKING:
    from ..depth import DepthModel

MIB = 1 << 20
PICTURE = 64  # pixels of the square test picture, which the model sees at its own size


@dataclass(frozen=True)
class AddModelJob:
    """Check the model at ``path`` by running it on a small picture, then keep it as ``name``.

    ``path`` is an .onnx file, a Transformers folder or weights of Second Eye's own network.
    ``preset`` says what an ONNX file doesn't (`core.models.PRESETS`); without it the sidecar does.
    It is referred to where it lies, with its fingerprint, or copied to the user's data where
    ``copy``. ``data``: the folder of the added models (None: the user's own). Nothing is kept
    unless the model ran.
    """

    path: str
    name: str | None = None
    preset: str | None = None
    copy: bool = False
    device: str | None = None
    data: str | None = None

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers what `describe` says of the entry, with a message.

        Raises SecondEyeError, UsageError, Cancelled; the added models stay as they were.
        """
        report(Progress("look", 0, 1))
        source = find_source(Path(self.path).expanduser().absolute())
        settings = settings_of(source, self.preset)
        registry = Registry(self.data)
        name = self.name or suggest_name(source)
        registry.check_name(name, [*bundled.names(), bundled.DEFAULT])
        # The least that any of its kinds needs: told before gigabytes are read for nothing.
        memory.check(name, source.path, source.bytes)

        def step(stage: str) -> Any:
            def heard(done: int, total: int) -> None:
                stop_if(cancelled)
                report(Progress(stage, done // MIB, max(total // MIB, 1)))

            return heard

        fingerprint = source.fingerprint(step("read"))
        report(Progress("load", 0, 1, f"loading {name}"))
        from ..depth import load_source  # seconds of torch, which what is refused above needs not

        model = load_source(source, settings, None, self.device, name, fingerprint)
        stop_if(cancelled)
        report(Progress("run", 0, 1, f"running {name} on a small picture"))
        facts = try_out(model, source, settings)
        stop_if(cancelled)
        entry = Entry(
            name=name,
            kind=source.kind,
            path=str(source.path),
            copied=False,
            fingerprint=fingerprint,
            settings=settings.to_plain() if settings is not None else {},
            facts=facts,
        )
        entry = registry.add(entry, source, self.copy, step("copy"))
        report(Progress("run", 1, 1))
        kept = f"copied to {registry.location(entry)}" if entry.copied else f"stays at {entry.path}"
        message = f"The model {name} is added: {summary(facts)}; it {kept}."
        return describe(entry, registry) | {"message": message}


@dataclass(frozen=True)
class RemoveModelJob:
    """Forget the added model ``name`` and its copy, if any; a file referred to is left alone."""

    name: str
    data: str | None = None

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers name and message. Raises UsageError for a model that was not added."""
        registry = Registry(self.data)
        if not registry.remove(self.name):
            names = registry.names()
            known = f"the added models are {', '.join(names)}" if names else "none was added"
            raise UsageError(f'There is no added model "{self.name}": {known}.')
        return {"name": self.name, "message": f"The model {self.name} is removed."}


def settings_of(source: Source, wanted: str | None) -> Settings | None:
    """The settings under which ``source`` is added: preset, else sidecar; None for our own network.

    Raises SecondEyeError that says what an ONNX file without either needs.
    """
    if source.kind == "second-eye":
        return None
    if source.kind == "transformers":
        from ..depth.transformers_kinds import settings_for

        if wanted is not None:
            raise UsageError(
                f"{source.path} describes itself: leave the preset away; presets are for .onnx."
            )
        return settings_for(source)
    if wanted is not None:
        settings, written = preset(wanted), read_written(source.sidecar)
        if written is None:
            return settings
        return from_plain({**written, "preset": wanted}, str(source.sidecar))
    sidecar = read_sidecar(source.sidecar)
    if sidecar is not None:
        return sidecar
    guess = suggest_preset(source.path.stem)
    seems = f"by its name perhaps {guess}" if guess else "such as depth-anything-v2"
    raise SecondEyeError(
        f"{source.path} does not say how its picture's colours are scaled or what its answer "
        f"means: choose a preset ({seems}), or write {source.sidecar.name} beside it "
        "(docs/models.md)."
    )


def suggest_preset(stem: str) -> str | None:
    """The preset that a file's name sounds like; only ever said, never taken."""
    words = re.sub(r"[^a-z0-9]+", "", stem.lower())
    metric = "metric" in words
    if re.search(r"videodepthanything|vda", words):
        return "video-depth-anything-metric" if metric else "video-depth-anything"
    if re.search(r"depthanything(v?3)|da3", words):
        return "depth-anything-v3"
    if re.search(r"depthanything|dav2", words):
        return "depth-anything-v2-metric" if metric else "depth-anything-v2"
    if "tcmono" in words or "tcsmall" in words:
        return "tcmonodepth"
    if "midas" in words:
        return "midas-dpt" if "dpt" in words else "midas"
    return None


def try_out(model: DepthModel, source: Source, settings: Settings | None) -> dict[str, Any]:
    """Run ``model`` on a small picture; what it is and what it answered, for people.

    Raises SecondEyeError where it doesn't answer as a depth model must.
    """
    import numpy as np

    ramp = np.linspace(0, 255, PICTURE, dtype=np.float32)
    picture = np.stack(
        [np.broadcast_to(ramp, (PICTURE, PICTURE)), np.broadcast_to(ramp[:, None], (PICTURE,) * 2),
         np.add.outer(ramp, ramp) / 2], axis=2,
    ).astype(np.uint8)  # fmt: skip
    frames = [picture, picture[:, ::-1].copy()][: model.window]
    answers = model.infer_frames(frames)
    height, width = answers[0].inverse_depth.shape
    told: dict[str, Any] = getattr(model, "facts", dict)()
    licence = settings.licence if settings is not None else None
    return {
        "bytes": source.bytes,
        "parameters": source.parameters,
        "dtypes": list(source.dtypes),
        "unit": model.unit,
        "window": model.window,
        "size": model.size,
        "answer": [height, width],
        **told,
        "licence": licence or told.get("licence") or source.metadata.get("license"),
    }


def describe(entry: Entry, registry: Registry) -> dict[str, Any]:
    """An entry as JSON; ``problem`` is a sentence where it can't be used as it stands."""
    place = registry.location(entry)
    problem = None
    if not place.exists():
        problem = f"{place} is gone: put it back, or remove the model {entry.name}."
    return {
        "name": entry.name,
        "kind": entry.kind,
        "path": str(place),
        "copied": entry.copied,
        "bundled": False,
        "fingerprint": entry.fingerprint,
        "settings": entry.settings,
        **entry.facts,
        "problem": problem,
    }


def summary(facts: dict[str, Any]) -> str:
    """A model's facts in a few words."""
    millions = facts["parameters"] / 1e6
    unit = "metric depth" if facts["unit"] == "metres" else "relative depth"
    frames = f", {facts['window']} frames at a time" if facts["window"] > 1 else ""
    return f"{unit}, {millions:.3g} million parameters, {facts['bytes'] / 1e6:.3g} MB{frames}"
