# SPDX-License-Identifier: GPL-3.0-or-later
"""Which boxes hold boxes, and how many bytes stand before those (ISO/IEC 14496-12)."""

# Plain containers; `proj` is one in both families, Google's sv3d and Apple's vexu.
_PLAIN = (
    *("moov", "trak", "edts", "mdia", "minf", "dinf", "stbl", "mvex", "moof", "traf"),
    *("sv3d", "proj", "vexu", "eyes", "cams", "cmfy", "pack"),
)
# Bytes of fields before the first child. `stsd`: version, flags, number of entries.
FIELDS = {**dict.fromkeys(_PLAIN, 0), "stsd": 8}
VISUAL_ENTRY = 78  # the fields of a VisualSampleEntry


def fields_before_children(kind: str, parent: str, handler: str) -> int | None:
    """Bytes before the children of a ``kind`` box inside ``parent``; None: it holds no boxes.

    ``handler``: what the track's `hdlr` said so far ("vide", "soun", else ""), which is how a
    sample entry is known.
    """
    if parent == "stsd":
        return VISUAL_ENTRY if handler == "vide" else None
    return FIELDS.get(kind)
