# SPDX-License-Identifier: GPL-3.0-or-later
"""The failures that an artist may meet: one clear sentence each, naming the file and the remedy."""


class SecondEyeError(Exception):
    """A job could not be done; ``str(error)`` is one sentence naming the file and the remedy."""

    exit_code = 1


class UsageError(SecondEyeError):
    """The request itself is wrong (an unknown format, an empty range): exit code 2."""

    exit_code = 2


class Cancelled(SecondEyeError):
    """The user asked to stop; what is finished stays and the job can be resumed."""
