# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of delivery: MV-HEVC here; the warp's have a file of their own."""
