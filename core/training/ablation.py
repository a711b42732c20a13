# SPDX-License-Identifier: GPL-3.0-or-later
"""What each choice of the network is worth: short runs that differ in one thing, budget equal."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import torch

from ..depth.network import DepthNetwork, NetworkConfig
from ..errors import UsageError
from .averaging import averaged_by_name, read_checkpoint, start_from, tensors
from .dataset import Sample
from .loop import Trainer
from .losses import LossWeights
from .running import run
from .settings import Phase, Settings
from .similarity import (
    block_features,
    choose_tying,
    draw_matrix,
    random_tying,
    similarity_matrix,
)
from .teacher import Teacher
from .validation import validate

BASE, TWIN, SIMILAR = "base", "unshared", "shared by CKA"
TERMS = tuple(f.name for f in fields(LossWeights) if f.name != "far")
COLUMNS = ("absrel", "delta1", "edges", "miou", "spread")


@dataclass(frozen=True)
class Budget:
    """What all runs have in common.

    ``images`` image steps in batches of ``batch`` at ``size`` (h, w), the learning rate falling
    from ``rate`` to a twentieth; warm-up is a tenth of the steps.
    """

    images: int = 4000
    size: tuple[int, int] = (96, 128)
    batch: int = 32
    rate: float = 1.5e-3
    seed: int = 0
    bfloat16: bool = False

    def settings(self, loss: LossWeights, seed: int) -> Settings:
        phase = Phase((self.size,), self.images, self.batch, self.rate, self.rate / 20)
        steps = max(1, self.images // self.batch)
        return Settings(
            (phase,), seed=seed, bfloat16=self.bfloat16, warm_up=max(1, steps // 10), loss=loss
        )


@dataclass(frozen=True)
class Variant:
    """One run: the network and loss that it is made with."""

    name: str
    config: NetworkConfig = field(default_factory=NetworkConfig)
    loss: LossWeights = field(default_factory=LossWeights)
    seed: int = 0


def variants(slices: Sequence[int], seeds: int, seed: int) -> list[Variant]:
    """All runs in the order they are made; the one tied by CKA gets its tying from the twin's.

    ``seeds`` runs of the base tell what chance alone does.
    """
    base = NetworkConfig()
    found = [Variant(BASE, seed=seed), Variant(TWIN, replace(base, shared=False), seed=seed)]
    drawn = random_tying(base.depths, base.mlps, seed)
    found += [
        Variant(SIMILAR, seed=seed),
        Variant("shared at random", replace(base, tying=drawn), seed=seed),
    ]
    for groups in slices:
        try:
            config = replace(base, groups=(groups,) * len(base.widths))
        except ValueError as error:
            raise UsageError(f"There is no network with G = {groups}: {error}.") from error
        found.append(Variant(f"G = {groups}", config, seed=seed))
    for term in TERMS:
        found.append(
            Variant(f"without {term}", loss=replace(LossWeights(), **{term: 0.0}), seed=seed)
        )
    found += [Variant(f"base, seed {seed + i}", seed=seed + i) for i in range(1, seeds)]
    return found


class Ablation:
    """Runs variants under ``folder``, one folder each, and keeps ``ablation.json`` and ``.md``.

    A run that was stopped goes on where it was; one that is finished isn't repeated unless its
    budget, network, loss, teacher or frames changed, or augmentation moved from CPU to GPU or back.
    """

    def __init__(
        self,
        folder: Path,
        budget: Budget,
        renders: Sequence[Sample],
        held_out: Sequence[Sample],
        teacher: Teacher | None = None,
        device: str = "cpu",
        say: Callable[[str], None] = print,
    ) -> None:
        self.folder, self.budget, self.device, self.say = folder, budget, device, say
        self.renders, self.held_out, self.teacher = renders, held_out, teacher
        self.results: dict[str, dict[str, Any]] = {}
        self._on_device = torch.device(device).type != "cpu"
        folder.mkdir(parents=True, exist_ok=True)

    def run(self, chosen: Sequence[Variant], stopped: Callable[[], bool]) -> bool:
        """Make the runs one after the other; False when stopped before the end."""
        for variant in chosen:
            if variant.name == SIMILAR:
                variant = self._tied_by_similarity(variant)
            result = self._one(variant, stopped)
            if result is None:
                return False
            self.results[variant.name] = result
            self._write()
        return True

    def _one(self, variant: Variant, stopped: Callable[[], bool]) -> dict[str, Any] | None:
        folder = self.folder / variant.name.replace(" ", "_").replace("=", "").replace(",", "")
        made_of = json.loads(json.dumps(self._made_of(variant)))
        kept = _read(folder / "result.json")
        if kept is not None and kept["made_of"] == made_of:
            return kept
        checkpoint = folder / "checkpoint.pt"
        if checkpoint.exists() and _read(folder / "made_of.json") != made_of:
            checkpoint.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "made_of.json", made_of)
        torch.manual_seed(variant.seed)
        network = DepthNetwork(variant.config)
        settings = self.budget.settings(variant.loss, variant.seed)
        # Where a GPU trains, it augments, too: processors don't keep up with it.
        settings = replace(settings, on_device=self._on_device)
        trainer = Trainer(
            network, settings, self.renders, (), self.teacher, self.device, look_ahead=True
        )
        if checkpoint.exists():
            trainer.restore(read_checkpoint(checkpoint))
        self.say(f"{variant.name}: {trainer.images} of {self.budget.images} image steps are done")
        began, before = time.monotonic(), trainer.images
        run(trainer, folder, (), stopped, self.say, validate_images=self.budget.images)
        if not trainer.done:
            return None
        spent = time.monotonic() - began
        scores = validate(
            network, trainer.averaged, self.held_out, self.budget.size, len(self.held_out)
        )
        result = {
            "made_of": made_of,
            "scores": scores,
            "encoder": sum(p.numel() for p in network.encoder.parameters()),
            "decoder": sum(p.numel() for p in network.decoder.parameters()),
            "images_per_second": (trainer.images - before) / max(spent, 1e-9),
        }
        _write(folder / "result.json", result)
        self.say(f"{variant.name}: " + "  ".join(f"{k} {v:.4f}" for k, v in scores.items()))
        return result

    def _made_of(self, variant: Variant) -> dict[str, Any]:
        return {
            "budget": asdict(self.budget),
            "config": variant.config.to_dict(),
            "loss": asdict(variant.loss),
            "seed": variant.seed,
            "teacher": _weights_key(self.teacher),
            "frames": len(self.renders),
            "frames_sha256": _names_key(self.renders),
            "held_out": len(self.held_out),
            "held_out_sha256": _names_key(self.held_out),
            "on_device": self._on_device,
        }

    def _tied_by_similarity(self, variant: Variant) -> Variant:
        """The variant with the tying that the unshared twin's similarities give."""
        twin = self.folder / TWIN / "checkpoint.pt"
        if not twin.exists():
            raise UsageError(
                f"'{SIMILAR}' is chosen from the unshared twin: run '{TWIN}' first, or with it."
            )
        state = read_checkpoint(twin)
        network = DepthNetwork(NetworkConfig.from_dict(state["config"]))
        start_from(network, averaged_by_name(network, state))
        base = variant.config
        frames = self.held_out[:: max(1, len(self.held_out) // 100)]
        matrix = similarity_matrix(block_features(network, frames, self.budget.size))
        tying = choose_tying(matrix, base.depths, base.mlps)
        draw_matrix(matrix, base.depths, self.folder / "similarity.png", tying)
        _write(
            self.folder / "similarity.json",
            {"matrix": matrix.round(4).tolist(), "depths": base.depths, "tying": tying},
        )
        self.say(f"tied by similarity: {tying}")
        return replace(variant, config=replace(base, tying=tying))

    def _write(self) -> None:
        _write(self.folder / "ablation.json", self.results)
        path = self.folder / "ablation.md"
        temporary = path.with_suffix(".part")
        temporary.write_text(table(self.results), encoding="utf-8")
        os.replace(temporary, path)


def table(results: dict[str, dict[str, Any]]) -> str:
    """The results as a Markdown table, a line a run."""
    lines = [
        "| run | AbsRel | delta < 1.25 | edge F1 | mIoU | error / expected | encoder | decoder |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, result in results.items():
        scores = [result["scores"].get(c) for c in COLUMNS]
        told = ["" if s is None else f"{s:.3f}" for s in scores]
        parts = [f"{result[k]:,}" for k in ("encoder", "decoder")]
        lines.append("| " + " | ".join([name, *told, *parts]) + " |")
    return "\n".join(lines) + "\n"


def _names_key(samples: Sequence[Sample]) -> str:
    """SHA-256 over the names of the samples, in their order, which decides what a step draws."""
    return hashlib.sha256("\n".join(s.name for s in samples).encode()).hexdigest()


def _weights_key(teacher: Teacher | None) -> str | None:
    """SHA-256 over the teacher's tensors."""
    if teacher is None:
        return None
    key = hashlib.sha256()
    for tensor in tensors(teacher):
        key.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return key.hexdigest()


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write(path: Path, values: Any) -> None:
    temporary = path.with_suffix(".json.part")
    temporary.write_text(json.dumps(values, indent=1), encoding="utf-8")
    os.replace(temporary, path)
