"""The helpers of Keras that prepare data: labels, sequences, images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.libraries.arrays import as_array, size_of
from repairnn.frontends.source.library import COMMON, function
from repairnn.frontends.source.values import Array, Known, Listing, Symbol, Value, known

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine

COMMON.update({"to_categorical": "keras.utils.to_categorical", "pad_sequences": "keras.utils.pad_sequences"})
TO_CATEGORICAL = (
    "keras.utils.to_categorical",
    "keras.utils.np_utils.to_categorical",
    "keras.ops.one_hot",
    "tensorflow.one_hot",
)
PAD_SEQUENCES = (
    "keras.utils.pad_sequences", "keras.preprocessing.sequence.pad_sequences",
    "keras_preprocessing.sequence.pad_sequences",
)  # fmt: skip


@function(*TO_CATEGORICAL)
def to_categorical(machine: Machine, call: Call) -> Value:
    """One column a class; a trailing axis of size one is dropped first. Without a number of classes the largest label
    decides, which is known only where the labels' form says so."""
    labels = as_array(call.get(0, "y", "x", "indices"))
    given = call.get(1, "num_classes", "nb_classes", "depth")
    classes = size_of(given)
    if classes is None and given is None and labels.form.startswith("classes:"):
        classes = int(labels.form.partition(":")[2])
    elif classes is None and given is None and labels.form == "binary":
        classes = 2
    if labels.shape is None:
        return Array(None, form="one_hot", span=call.span)
    shape = labels.shape[:-1] if len(labels.shape) > 1 and labels.shape[-1] == 1 else labels.shape
    return Array((*shape, classes), "float32", "one_hot", span=call.span)


@function(*PAD_SEQUENCES)
def pad_sequences(machine: Machine, call: Call) -> Value:
    """Sequences of one length: ``maxlen``, or that of the longest, which is not known."""
    given = as_array(call.get(0, "sequences"))
    length = size_of(call.get(1, "maxlen"))
    return Array((given.shape[0] if given.shape else None, length), "int32", span=call.span)


@function("keras.preprocessing.image.img_to_array", "keras.utils.img_to_array")
def img_to_array(machine: Machine, call: Call) -> Value:
    """An image as an array of height, width and channels."""
    image = call.get(0, "img")
    return image if isinstance(image, Array) else Array((None, None, None), span=call.span)


@function("keras.preprocessing.image.load_img", "keras.utils.load_img")
def load_img(machine: Machine, call: Call) -> Value:
    """An image of ``target_size``, in colour unless said otherwise."""
    size = call.get(None, "target_size")
    sides = (
        [size_of(item) for item in size.items] if isinstance(size, Listing) and len(size.items) >= 2 else [None, None]
    )
    mode = known(call.get(None, "color_mode"), str)
    gray = mode == "grayscale" or known(call.get(None, "grayscale")) is True
    return Array((*sides[:2], 1 if gray else 4 if mode == "rgba" else 3), span=call.span)


@function("cv2.resize")
def resize(machine: Machine, call: Call) -> Value:
    """An image of another size; the size is given as width and height."""
    image, size = as_array(call.get(0, "src")), call.get(1, "dsize")
    sides = (
        [size_of(item) for item in size.items] if isinstance(size, Listing) and len(size.items) == 2 else [None, None]
    )
    rest = image.shape[2:] if image.shape is not None and len(image.shape) in (2, 3) else None
    return Array(None if rest is None else (sides[1], sides[0], *rest), span=call.span)


@function("cv2.imread")
def imread(machine: Machine, call: Call) -> Value:
    """An image from a file: in colour unless the second argument is 0, ``cv2.IMREAD_GRAYSCALE``."""
    flag = call.get(1, "flags")
    name = flag.path if isinstance(flag, Symbol) else str(flag.value) if isinstance(flag, Known) else ""
    if flag is None or name in ("1", "cv2.IMREAD_COLOR"):
        return Array((None, None, 3), "uint8", span=call.span)
    return Array((None, None) if name in ("0", "cv2.IMREAD_GRAYSCALE") else None, "uint8", span=call.span)


@function("cv2.cvtColor")
def converted(machine: Machine, call: Call) -> Value:
    """An image in other colours: the name of the code says whether channels come or go."""
    image, code = as_array(call.get(0, "src")), call.get(1, "code")
    name = code.path if isinstance(code, Symbol) else ""
    if image.shape is None or len(image.shape) not in (2, 3) or not name:
        return Array(None, image.dtype, span=call.span)
    channels = () if name.endswith("GRAY") else (4,) if name.endswith("A") else (3,)
    return Array((*image.shape[:2], *channels), image.dtype, span=call.span)
