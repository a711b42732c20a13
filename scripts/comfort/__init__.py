# SPDX-License-Identifier: GPL-3.0-or-later
"""How comfortable the default set-up is on real clips."""
