"""torchvision's transforms, as far as they change the shape of an image."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.library import family
from repairnn.frontends.source.operators import FAILURES
from repairnn.frontends.source.scopes import ProgramEnds, ProgramRaises
from repairnn.frontends.source.torch.drawing import data, sketch
from repairnn.frontends.source.torch.values import Tensor
from repairnn.frontends.source.values import Known, Listing, Native, Unknown, Value
from repairnn.semantics.ir import Dim, Shape

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


@dataclass(eq=False)
class Image(Value):
    """A picture before it is a tensor."""

    channels: Dim
    height: Dim
    width: Dim

    def attribute(self, machine: Machine, name: str) -> Value:
        if name == "convert":
            return Native(name, lambda machine, call: self._converted(call))
        if name == "size":
            return Listing([_number(self.width), _number(self.height)], "tuple")
        if name == "resize":
            return Native(name, lambda machine, call: self._resized(call))
        return Unknown(f"an image's {name}")

    def _converted(self, call: Call) -> Value:
        mode = call.get(0, "mode")
        name = mode.value if isinstance(mode, Known) else None
        return Image({"RGB": 3, "L": 1, "RGBA": 4, "1": 1}.get(str(name)), self.height, self.width)

    def _resized(self, call: Call) -> Value:
        pair = _pair(call.get(0, "size"))
        return Image(self.channels, pair[1], pair[0])


@dataclass(eq=False)
class Transform(Value):
    """One step, or a ``Compose`` of several."""

    name: str
    made: Call
    attributes: dict[str, Value] = field(default_factory=dict)

    def call(self, machine: Machine, call: Call) -> Value:
        given = call.get(0, "img")
        return step(machine, self, given) if given is not None else Unknown("a transform")


def _number(value: Dim) -> Value:
    return Unknown("a side of an image") if value is None else Known(value)


@family("torchvision.transforms.")
def transform(machine: Machine, path: str, call: Call) -> Value | None:
    """``transforms.Name(...)``."""
    name = path.rpartition(".")[2]
    if name[:1].isupper():
        return Transform(name, call, span=call.span)
    image = call.get(0, "img", "pic")
    names = {"to_tensor": "ToTensor", "pil_to_tensor": "ToTensor", "resize": "Resize", "center_crop": "CenterCrop",
             "normalize": "Normalize", "hflip": "Normalize", "vflip": "Normalize"}  # fmt: skip
    if name in names and image is not None:
        return step(machine, Transform(names[name], call.without_first()), image)
    return None


@family("PIL.Image.")
def pil(machine: Machine, path: str, call: Call) -> Value | None:
    """``Image.open(...)``."""
    return Image(None, None, None, span=call.span) if path.endswith(("open", "fromarray")) else None


def transformed(machine: Machine, transform: Value | None, image: Value) -> Value:
    """What a data set's ``transform`` makes of an image; nothing of what it computes stays in the graph."""
    if transform is None or (isinstance(transform, Known) and transform.value is None):
        return image
    try:
        with sketch(machine):
            result = transform.call(machine, Call.of(image))
            shape = result.shape(machine) if isinstance(result, Tensor) else None
    except (ProgramRaises, ProgramEnds, RecursionError, *FAILURES):
        return Unknown("what a transform gives")
    if isinstance(result, Tensor):
        return data(machine, shape, name="image", dtype=result.dtype or "float32", span=image.span, key=id(transform))
    return result


def step(machine: Machine, transform: Transform, value: Value) -> Value:
    """One transform applied to an image or a tensor."""
    if transform.name == "Compose":
        steps = transform.made.get(0, "transforms")
        elements = steps.elements(machine) if steps is not None else None
        if elements is None:
            return Unknown("what a transform gives")
        for inner in elements:
            value = inner.call(machine, Call.of(value))
        return value
    if transform.name == "Lambda":
        run = transform.made.get(0, "lambd")
        return run.call(machine, Call.of(value)) if run is not None else Unknown("a transform")
    if isinstance(value, Image):
        return _of_image(machine, transform, value)
    if isinstance(value, Tensor):
        return _of_tensor(machine, transform, value)
    return Unknown("what a transform gives")


def _of_image(machine: Machine, transform: Transform, image: Image) -> Value:
    if transform.name in ("ToTensor", "PILToTensor", "ToImage"):
        shape = (image.channels, image.height, image.width)
        return data(machine, shape, name="image", dtype="float32", key=id(image))
    channels, height, width = _changed(transform, image.channels, image.height, image.width)
    return Image(channels, height, width, span=image.span)


def _of_tensor(machine: Machine, transform: Transform, tensor: Tensor) -> Value:
    shape = tensor.shape(machine)
    if shape is None or len(shape) < 3:
        return tensor if transform.name in KEEP else Unknown("what a transform gives")
    channels, height, width = _changed(transform, *shape[-3:])
    new: Shape = (*shape[:-3], channels, height, width)
    return tensor if new == shape else data(machine, new, name="image", dtype=tensor.dtype, key=id(transform))


KEEP = frozenset({
    "Normalize", "RandomHorizontalFlip", "RandomVerticalFlip", "ColorJitter", "RandomRotation", "RandomAffine",
    "RandomErasing",
    "RandomPerspective", "GaussianBlur", "RandomApply", "RandomInvert", "RandomAutocontrast", "RandomEqualize",
    "AutoAugment",
    "RandAugment", "TrivialAugmentWide", "ConvertImageDtype", "ToDtype", "RandomAdjustSharpness", "RandomSolarize",
    "ToImage",
    "RandomPosterize", "AugMix", "ToPILImage", "ToTensor", "PILToTensor", "ElasticTransform", "RandomOrder",
    "RandomChoice",
})  # fmt: skip
CROPS = frozenset({"CenterCrop", "RandomCrop", "RandomResizedCrop", "RandomSizedCrop"})


def _changed(transform: Transform, channels: Dim, height: Dim, width: Dim) -> tuple[Dim, Dim, Dim]:
    size = transform.made.get(0, "size")
    if transform.name in ("Resize", "Scale"):
        one = size.value if isinstance(size, Known) and isinstance(size.value, int) else None
        if one is not None:
            return channels, *_shorter_side(height, width, one)
        return channels, *_pair(size)
    if transform.name in CROPS:
        return channels, *_pair(size)
    if transform.name == "Grayscale" or transform.name == "RandomGrayscale":
        count = transform.made.get(0, "num_output_channels") or Known(1)
        if transform.name == "RandomGrayscale":
            return channels, height, width
        return (count.value if isinstance(count, Known) else None), height, width
    if transform.name == "Pad":
        padding = size if "padding" not in transform.made.keywords else transform.made.keywords["padding"].value
        cells = padding.value if isinstance(padding, Known) and isinstance(padding.value, int) else None
        if cells is None or height is None or width is None:
            return channels, None, None
        return channels, height + 2 * cells, width + 2 * cells
    if transform.name in KEEP:
        return channels, height, width
    return channels, None, None


def _shorter_side(height: Dim, width: Dim, size: int) -> tuple[Dim, Dim]:
    """``Resize(size)`` makes the shorter side ``size`` and keeps the proportions."""
    if height is None or width is None:
        return None, None
    if height <= width:
        return size, int(size * width / height)
    return int(size * height / width), size


def _pair(size: Value | None) -> tuple[Dim, Dim]:
    if isinstance(size, Known) and isinstance(size.value, int):
        return size.value, size.value
    if isinstance(size, Listing) and len(size.items) in (1, 2) and not size.open:
        sides = [item.value if isinstance(item, Known) and isinstance(item.value, int) else None for item in size.items]
        return sides[0], sides[-1]
    return None, None
