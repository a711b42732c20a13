# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``project.json`` holds: plain dataclasses, one a section. ``rules`` says what is allowed."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

SCHEMA = 2
GENERATOR = "Second Eye 0.1.0"
STAGES = ("plate", "depth", "repair", "range")
PENDING, DONE = "pending", "done"


@dataclass(kw_only=True)
class Record:
    """A section; ``extra`` keeps keys that we don't know, so that saving loses nobody's notes."""

    extra: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class ColourRecord(Record):
    """As `core.media.ColourTags`: numbers of H.273, SMPTE ST 2086 and CTA-861.3."""

    primaries: int = 1
    transfer: int = 1
    matrix: int = 1
    mastering: list[int] = field(default_factory=list)
    light: list[int] = field(default_factory=list)


@dataclass
class ClipRecord(Record):
    """The footage. ``path`` is relative to the project where both lie on one volume."""

    path: str
    absolute: str
    kind: str  # "movie" | "sequence"
    fingerprint: str
    width: int  # upright, square pixels
    height: int
    bit_depth: int = 8
    has_audio: bool = False
    notes: list[str] = field(default_factory=list)  # what was odd about the clip, in words
    colour: ColourRecord | None = None  # None: of a project made before it was kept


@dataclass
class TimelineRecord(Record):
    """Timeline frame n (from 1) shows the source picture with ``source_pts[n - 1]``."""

    rate: Fraction  # frames a second
    time_base: Fraction  # seconds per pts unit
    source_pts: list[int]


@dataclass
class SamplingRecord(Record):
    """The sampling pattern in ``geometry`` of a shot. ``source`` tells the depth that it was made
    of (`core.project.sampling`): the pattern is stale where that of today is another one."""

    source: str
    triangles: int  # of its finest level
    points: int
    error: float  # of its finest level: RMS of normalised inverse depth
    kind: str  # what was asked for: "triangles", "points" or "error"
    amount: float  # how many, or which error: RMS of normalised inverse depth


@dataclass
class Shot(Record):
    """Timeline frames ``first..last``; d = scale * V + shift of ``low..high`` maps to 0..1.

    ``spatial``, ``temporal``, ``semantic``: how far each branch of repair may go in this shot, 0
    (off) to 1; all 0: ``depth`` holds the estimate as it is in ``base``.
    """

    name: str
    first: int
    last: int
    low: float = 0.0
    high: float = 1.0
    near: float = 2.0  # scene units, the distance of normalised 1
    far: float = 20.0  # scene units, the distance of normalised 0
    strength: float = 1.0
    bias: float = 0.0  # of the depth curve (core.geometry.bend); 0 leaves the depth alone
    contrast: float = 0.0
    spatial: float = 1.0
    temporal: float = 1.0
    semantic: float = 1.0
    sampling: SamplingRecord | None = None

    @property
    def repaired(self) -> bool:
        """Whether any branch of repair does anything in this shot."""
        return max(self.spatial, self.temporal, self.semantic) > 0


@dataclass
class LensRecord(Record):
    """``source``: where the number comes from: "default" (nothing is known, 1 is assumed),
    "metadata" (the clip's), "artist", "movie clip" (Blender's tracking camera), "estimate"
    (from lines in the picture), "solve".
    ``metadata``: what the clip's say, also while another lens is used."""

    focal_over_width: float = 1.0
    source: str = "default"
    metadata: float | None = None


@dataclass
class ModelRecord(Record):
    """The depth model; ``size`` is the inference size asked for, None for the model's own.

    ``uncertainty`` and ``labels`` say whether it tells them, so that the files of every frame
    stand in the folders of those names; None before its first estimate.
    """

    name: str = ""
    sha256: str = ""
    size: int | None = None
    unit: str = "relative"  # or "metres": stored depth is then in 1/metre
    window: int = 1  # frames that the model looks at together
    uncertainty: bool | None = None
    labels: bool | None = None


@dataclass
class RepairRecord(Record):
    """What made ``depth`` of ``base``; ``name`` and ``sha256`` are empty where nothing did."""

    name: str = ""
    sha256: str = ""  # of everything that its answers depend on
    look_ahead: int = 2  # frames after the present one that its temporal branch sees, if they fit


@dataclass
class DepthRecord(Record):
    """Size of the depth files; ``scale`` and ``shift`` have one number per frame first..last."""

    width: int
    height: int
    scale: list[float]
    shift: list[float]


@dataclass
class BakedCamera(Record):
    """The stereo camera, one value a frame of first..last, in scene units.

    ``pivot``: which eye stands where the camera does: -1 the left one, 1 the right one, 0 neither.
    ``shift``: of the sensor to the right, in picture widths. Both may be empty, which is all 0.
    ``left_out``: what else the camera does that these numbers can't say, in words.
    """

    interocular: list[float]
    convergence: list[float]
    lateral_offset: list[float]
    pivot: list[float] = field(default_factory=list)
    shift: list[float] = field(default_factory=list)
    left_out: str = ""


@dataclass
class BakedRange(Record):
    """Near, far, strength and curve where they are keyed inside a shot: one value a frame of
    first..last; they go before the shots' own."""

    near: list[float]
    far: list[float]
    strength: list[float]
    bias: list[float]
    contrast: list[float]


@dataclass
class WindowRecord(Record):
    """The floating window (`core.stereo.floating_window`): how wide a strip is covered at the left
    of the left eye's picture and at the right of the right eye's, one value a frame of
    first..last, and how much of a strip is soft; all in picture widths."""

    left: list[float]
    right: list[float]
    softness: float = 0.0


@dataclass
class EditRecord(Record):
    """An artist's edit of the depth of the frames ``first..last`` (`core.geometry.edits`).

    Lists hold one number a frame of ``first..last``, or one for all. ``amount``, ``level`` and the
    tilts are normalised inverse depth; ``feather`` is in picture widths of a mask, in parts of an
    object's size. ``matrix``: of an object, the twelve numbers (row by row) from its own axes to
    the footage camera's. ``folder``: of a mask's pictures, in ``edits``.
    """

    name: str
    source: str  # "mask", "image" (a still one), "sphere" or "box" (of an object)
    kind: str  # "offset", "constant" or "plane"
    first: int
    last: int
    strength: list[float]
    amount: list[float]
    feather: list[float]
    level: list[float]
    tilt_x: list[float]
    tilt_y: list[float]
    projected: bool = False  # all that is seen through the object, not what lies in it
    matrix: list[list[float]] = field(default_factory=list)
    folder: str = ""


@dataclass
class SolvedShot(Record):
    """Frames whose scale and shift come from a camera solve: a shot, as it then was.

    ``sights``: how often its ``bundles`` were seen; ``misfit``: the median error of the fitted
    distances, in parts of the true ones; ``cameras``: how many frames had a camera of their own.
    """

    first: int
    last: int
    bundles: int
    sights: int
    cameras: int
    misfit: float


@dataclass
class EarlierShot(Record):
    """What a shot was before a camera solve, and how strongly it was repaired then."""

    first: int
    last: int
    low: float
    high: float
    near: float
    far: float
    strength: float
    repair: str  # a digest of what made its depth
    bias: float = 0.0
    contrast: float = 0.0


@dataclass
class Earlier(Record):
    """All numbers that a camera solve put others in the place of."""

    scale: list[float]
    shift: list[float]
    lens: LensRecord
    shots: list[EarlierShot]
    metres_per_unit: float | None = None
    camera: BakedCamera | None = None
    ranges: BakedRange | None = None
    window: WindowRecord | None = None


@dataclass
class SolveRecord(Record):
    """The camera solve that scale, shift, near and far come from: d is then 1/Z, in scene units.

    ``clip``: name of Blender's movie clip; ``error``: its mean reprojection error in pixels;
    ``path``: of each frame first..last x, y, z in scene units and the quaternion w, x, y, z of
    the camera, which looks along its own -z with y up, in the scene, whose z is up.
    """

    clip: str
    error: float
    shots: list[SolvedShot]
    path: list[list[float]]
    earlier: Earlier


@dataclass
class StageRecord(Record):
    """``state``: "pending" or "done" for the frames first..last of the manifest."""

    state: str = PENDING


def _pending_stages() -> dict[str, StageRecord]:
    return {name: StageRecord() for name in STAGES}


@dataclass(kw_only=True)
class Manifest(Record):
    """The whole of ``project.json``. ``first..last`` is the analysed range, both included."""

    schema: int = SCHEMA
    generator: str = GENERATOR
    clip: ClipRecord
    timeline: TimelineRecord
    first: int
    last: int
    depth: DepthRecord
    shots: list[Shot]
    lens: LensRecord = field(default_factory=LensRecord)
    model: ModelRecord = field(default_factory=ModelRecord)
    repair: RepairRecord = field(default_factory=RepairRecord)
    metres_per_unit: float | None = None
    camera: BakedCamera | None = None
    ranges: BakedRange | None = None
    window: WindowRecord | None = None
    edits: list[EditRecord] = field(default_factory=list)
    solve: SolveRecord | None = None
    stages: dict[str, StageRecord] = field(default_factory=_pending_stages)

    @property
    def frames(self) -> range:
        """The analysed timeline frames."""
        return range(self.first, self.last + 1)

    @property
    def complete(self) -> bool:
        """Whether every stage is done, so that depth can be read for every frame."""
        return all(self.stages[name].state == DONE for name in STAGES)
