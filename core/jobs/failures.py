# SPDX-License-Identifier: GPL-3.0-or-later
"""Any failure as one sentence: the last stop before the terminal or Blender's panel."""

import sys

from ..errors import SecondEyeError


def explain(error: BaseException) -> SecondEyeError:
    """The error an artist reads in place of ``error``; a SecondEyeError is passed as it is."""
    if isinstance(error, SecondEyeError):
        return error
    if isinstance(error, ModuleNotFoundError) and not _is_ours(error.name):
        return missing_package(error)
    if isinstance(error, MemoryError):
        return SecondEyeError("Out of memory: close other programs or ask for a smaller size.")
    if isinstance(error, OSError):
        where = error.filename or "A file"
        reason = error.strerror or str(error)
        return SecondEyeError(f"{where} can't be used ({reason}): check it and run it again.")
    kind = type(error).__name__
    return SecondEyeError(
        f"Something went wrong inside Second Eye ({kind}: {error}): "
        "please report it with the output of --debug."
    )


def missing_package(error: ModuleNotFoundError) -> SecondEyeError:
    """The sentence for an engine that lacks a package."""
    package = (error.name or "a package").partition(".")[0]
    return SecondEyeError(
        f"{sys.executable} has no {package}: install the engine (in Blender: Preferences > "
        "Add-ons > Second Eye > Install engine), or choose a Python that has it."
    )


def _is_ours(module: str | None) -> bool:
    """Whether ``module`` is a part of this program, wherever Blender put it."""
    ours = __name__.rpartition(".jobs.")[0]
    return module is not None and (module == ours or module.startswith(ours + "."))
