# SPDX-License-Identifier: GPL-3.0-or-later
"""One section of a card that is there, written anew."""

from __future__ import annotations

import re
from pathlib import Path

from core.errors import SecondEyeError


def put_section(out: Path, title: str, lines: list[str]) -> None:
    """Put the section called ``title`` ("## Repair") into the card ``out``, in place of the one
    there or before "Cost"; the rest of the card stays as it is.

    Raises SecondEyeError where there is no card.
    """
    if not out.is_file():
        raise SecondEyeError(f"{out} is not there: write the whole card first, without --only.")
    text = out.read_text(encoding="utf-8")
    parts = re.split(r"(?m)^(?=## )", text)
    section = "\n".join(lines).rstrip() + "\n\n"
    places = [at for at, part in enumerate(parts) if part.startswith(title + "\n")]
    if places:
        parts[places[0]] = section
    else:
        cost = [at for at, part in enumerate(parts) if part.startswith("## Cost\n")]
        parts.insert(cost[0] if cost else len(parts), section)
    temporary = out.with_name(out.name + ".part")
    temporary.write_text("".join(parts).rstrip() + "\n", encoding="utf-8")
    temporary.replace(out)
