"""Streams of images: ``ImageDataGenerator`` and ``image_dataset_from_directory``. Their settings decide the shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.keras.arguments import MISSING, plain
from repairnn.frontends.source.library import attribute, function, method
from repairnn.frontends.source.values import Array, Batches, Known, Listing, Object, Unknown, Value, known
from repairnn.semantics.ir import Dim, Shape

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

GENERATOR = "keras.preprocessing.image.ImageDataGenerator"
CHANNELS = {"rgb": 3, "rgba": 4, "grayscale": 1}


@function(GENERATOR, "keras_preprocessing.image.ImageDataGenerator", "keras.utils.ImageDataGenerator")
def image_data_generator(machine: Machine, call: Call) -> Value:
    """The generator itself decides no shape."""
    return Object(GENERATOR, {k: a.value for k, a in call.keywords.items()})


@method(GENERATOR, "fit", "random_transform", "standardize")
def _nothing(machine: Machine, generator: Object, call: Call) -> Value:
    return call.get(0) or Unknown("what a generator returns")


@method(GENERATOR, "flow")
def _flow(machine: Machine, generator: Object, call: Call) -> Value:
    """``flow(x, y)``: batches of the arrays."""
    x, y = call.get(0, "x"), call.get(1, "y")
    if isinstance(x, Listing) and len(x.items) == 2 and x.kind == "tuple":
        x, y = x.items
    return Batches(batch_of(x), batch_of(y) if y is not None else None, span=call.span)


def batch_of(value: Value | None) -> Value:
    """An array with the sample axis of one batch."""
    if isinstance(value, Array) and value.shape:
        made = Array((None, *value.shape[1:]), value.dtype, value.form, label=value.label, span=value.span)
        return made
    return value if isinstance(value, Array) else Unknown("what a generator yields")


@method(GENERATOR, "flow_from_directory", "flow_from_dataframe")
def _flow_from_directory(machine: Machine, generator: Object, call: Call) -> Value:
    """Images of ``target_size``; labels by ``class_mode``."""
    by_table = call.name == "flow_from_dataframe"
    size = call.argument(None if by_table else 1, "target_size")
    mode = call.get(None if by_table else 4, "class_mode") or Known("categorical")
    colours = call.get(None if by_table else 2, "color_mode") or Known("rgb")
    images = Array(_image_shape(size, colours, (256, 256)), "float32", label="images", span=call.span)
    classes = call.get(None if by_table else 3, "classes")
    count = len(classes.items) if isinstance(classes, Listing) and not classes.open else None
    return Batches(images, _labels(known(mode, str), count, images, mode), span=call.span)


def _image_shape(size: Argument | None, colours: Value, default: tuple[int, int]) -> Shape | None:
    given = plain(size.value) if size is not None else default
    channels = CHANNELS.get(known(colours, str) or "") if isinstance(colours, Known) else None
    if given is MISSING or not isinstance(given, tuple) or len(given) != 2:
        return (None, None, None, channels)
    dims: list[Dim] = [d if isinstance(d, int) else None for d in given]
    return (None, *dims, channels)


def _labels(mode: str | None, count: int | None, images: Array, given: Value) -> Value | None:
    shapes: dict[str, Array] = {
        "categorical": Array((None, count), "float32", "one_hot", label="labels"),
        "binary": Array((None,), "float32", "binary", label="labels"),
        "sparse": Array((None,), "float32", f"classes:{count}" if count else "classes", label="labels"),
    }
    if mode is None:
        return None if isinstance(given, Known) else Unknown("labels")
    if mode == "input":
        return images
    return shapes.get(mode, Unknown("labels"))


@function("keras.utils.image_dataset_from_directory", "keras.preprocessing.image_dataset_from_directory",
          "keras.preprocessing.image.image_dataset_from_directory")  # fmt: skip
def image_dataset(machine: Machine, call: Call) -> Value:
    """``image_dataset_from_directory(...)``: labels are class numbers unless ``label_mode`` says otherwise."""
    size = call.argument(6, "image_size")
    colours = call.get(4, "color_mode") or Known("rgb")
    mode = call.get(2, "label_mode") or Known("int")
    images = Array(_image_shape(size, colours, (256, 256)), "float32", label="images", span=call.span)
    names = call.get(3, "class_names")
    count = len(names.items) if isinstance(names, Listing) and not names.open else None
    name = known(mode, str)
    if name == "binary":
        return Batches(images, Array((None, 1), "float32", "binary", label="labels"), span=call.span)
    labels = _labels({"int": "sparse"}.get(name or "", name), count, images, mode)
    if call.get(None, "subset") is not None and known(call.get(None, "subset"), str) == "both":
        one = Batches(images, labels, span=call.span)
        return Listing([one, one], "tuple")
    return Batches(images, labels, span=call.span)


@attribute(Batches, "class_names", "samples", "n", "num_classes", "class_indices", "filenames", "classes")
def _facts(machine: Machine, batches: Batches) -> Value:
    return Unknown("what the directory holds")


@attribute(Batches, "image_shape")
def _image(machine: Machine, batches: Batches) -> Value:
    shape = batches.x.shape if isinstance(batches.x, Array) else None
    return Unknown("the shape of images") if shape is None else Listing([_dim(d) for d in shape[1:]], "tuple")


def _dim(size: Dim) -> Value:
    return Unknown("a size of images") if size is None else Known(size)


@method(Batches, "next", "__next__")
def _next(machine: Machine, batches: Batches, call: Call) -> Value:
    return Listing([batches.x, batches.y if batches.y is not None else Unknown("labels")], "tuple")
