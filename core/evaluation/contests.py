# SPDX-License-Identifier: GPL-3.0-or-later
"""From a model and settings of repair to the rows of a table."""

from collections.abc import Iterable

from ..depth import DepthModel
from ..repair.settings import RepairSettings
from .rows import REPAIRED, Contest, ablation


def make_contest(
    model: DepthModel,
    settings: RepairSettings | None,
    *,
    branches: bool = False,
    peers: Iterable[DepthModel] = (),
) -> Contest:
    """``model`` without repair and, unless ``settings`` is None, with it; ``branches``: with a row
    for each branch as it is added. Raises SecondEyeError where repair's weights are damaged."""
    repairs = {}
    if settings is not None:
        from ..repair.repair import Repair

        unit = getattr(model, "unit", "relative")
        steps = ablation(settings) if branches else {REPAIRED: settings}
        repairs = {name: Repair(step, unit=unit) for name, step in steps.items()}
    return Contest(model, repairs, {peer.name: peer for peer in peers})
