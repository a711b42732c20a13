# SPDX-License-Identifier: GPL-3.0-or-later
"""How the files under docs/examples were made."""
