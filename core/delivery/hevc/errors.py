# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bitstream says that can't be."""

from ...errors import SecondEyeError


class BitstreamError(SecondEyeError):
    """The stream can't be read; ``str(error)`` is a clause that names no file."""


class UnlikeError(SecondEyeError):
    """The eyes' encodes don't fit together; ``str(error)`` is a sentence with the remedy."""
