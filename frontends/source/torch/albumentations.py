"""Albumentations: transforms of pictures that are NumPy arrays, called by keyword and answered by a dict."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.library import family
from repairnn.frontends.source.torch.drawing import data
from repairnn.frontends.source.values import Array, Known, Listing, Table, Unknown, Value
from repairnn.semantics.ir import Dim

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Transforms that set the sides of a picture: height, then width.
SIZED = frozenset({"Resize", "CenterCrop", "RandomCrop", "RandomResizedCrop", "PadIfNeeded"})
#: Transforms after which nobody knows the sides without running them.
OTHER_SIDES = frozenset({"Crop", "LongestMaxSize", "SmallestMaxSize", "RandomScale", "Transpose", "Downscale"})


@dataclass(eq=False)
class Step(Value):
    """One transform, or a ``Compose`` of several."""

    name: str
    made: Call

    def call(self, machine: Machine, call: Call) -> Value:
        entries: dict[Hashable, tuple[Value, Value]] = {}
        for key, argument in call.keywords.items():
            turned = self.applied(machine, argument.value) if key in ("image", "mask") else argument.value
            entries[key] = (Known(key), turned)
        return Table(entries, open=True)

    def applied(self, machine: Machine, picture: Value) -> Value:
        """What the transform makes of a picture of (height, width, channels), or of (height, width)."""
        if self.name in ("Compose", "Sequential"):
            steps = self.made.get(0, "transforms")
            for step in (steps.elements(machine) or ()) if steps is not None else ():
                picture = step.applied(machine, picture) if isinstance(step, Step) else Unknown("a picture")
            return picture
        if not isinstance(picture, Array) or picture.shape is None or len(picture.shape) not in (2, 3):
            return picture
        if self.name in ("ToTensorV2", "ToTensor"):
            channels = picture.shape[2:]
            return data(machine, (*channels, *picture.shape[:2]), name="image", dtype="float32", key=id(picture))
        return Array((*self._sides(picture.shape[0], picture.shape[1]), *picture.shape[2:]), "float32")

    def _sides(self, height: Dim, width: Dim) -> tuple[Dim, Dim]:
        if self.name in OTHER_SIDES:
            return None, None
        if self.name not in SIZED:
            return height, width
        size = self.made.get(None, "size")
        if size is None and isinstance(self.made.get(0), Listing):
            size = self.made.get(0)
        pair = size.items if isinstance(size, Listing) and len(size.items) == 2 else ()
        given = pair or (self.made.get(0, "height", "min_height"), self.made.get(1, "width", "min_width"))
        sides = [one.value if isinstance(one, Known) and isinstance(one.value, int) else None for one in given]
        return sides[0], sides[1]


@family("albumentations.")
def make(machine: Machine, path: str, call: Call) -> Value | None:
    """``A.Resize(128, 128)``, ``ToTensorV2()``."""
    name = path.rpartition(".")[2]
    return Step(name, call, span=call.span) if name[:1].isupper() else None
