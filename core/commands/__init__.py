# SPDX-License-Identifier: GPL-3.0-or-later
"""One subcommand a file: ``configure(parser)`` and ``execute(arguments, console) -> dict``.

``execute`` returns a JSON-able dictionary; its ``"message"`` is what a person reads. A module
imports heavy packages inside ``execute`` only, so that ``--help`` answers at once.
"""
