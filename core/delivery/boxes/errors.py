# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a file made of boxes."""

from ...errors import SecondEyeError


class BoxError(SecondEyeError):
    """The file's boxes can't be read or changed; one sentence."""
