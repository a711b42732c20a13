# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of the engine: the child process that runs core with torch, outside Blender's own.

``interpreter`` says which Python that is, ``process`` starts it and listens, ``client`` speaks the
worker's protocol, ``session`` holds the one job that may run, ``install`` makes an environment.
"""
