# SPDX-License-Identifier: GPL-3.0-or-later
"""How well sampling patterns fit depth, beside other ways to triangulate it."""
