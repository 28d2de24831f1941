"""Functions that bring images to another size between layers."""

from __future__ import annotations

from collections.abc import Sequence

from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Choice
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers.images import IMAGE_RANK, require_image
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling


@layer
class ImageSize(Declaration):
    """Images of the last three axes brought to ``size``, by resampling, or by cutting and filling up.

    Sources: ``tf.image.resize``, ``tf.image.resize_with_crop_or_pad``, ``keras.ops.image.resize``. Resampled values are
    those of the layers that resize; this declaration knows the shape alone.
    """

    kind = "image_size"
    arguments = (
        Argument("size", Anything(((4, 5), (1, 2))), REQUIRED, "free", "height and width"),
        Argument("data_format", Choice((None, "channels_last", "channels_first")), None, "order"),
    )
    rules = (IMAGE_RANK,)
    spellings = (
        Spelling("keras", "tf.image.resize", ("size", "method", "preserve_aspect_ratio", "antialias", "name"),
                 aliases=("tf.image.resize_images", "tf.image.resize_bilinear", "tf.image.resize_nearest_neighbor"),
                 tensors=("images",), ignored=frozenset({"name"}), form="function"),
        Spelling("keras", "ops.image.resize", ("size", "interpolation", "antialias", "crop_to_aspect_ratio",
                 "pad_to_aspect_ratio", "fill_mode", "fill_value", "data_format"), tensors=("images",),
                 form="function"),
    )  # fmt: skip
    examples = (
        Example(((None, 6, 8, 3),), {"size": (4, 5)}, (None, 4, 5, 3)),
        Example(((3, 6, 8),), {"size": (4, 5), "data_format": "channels_first"}, (3, 4, 5)),
        Example(((None, 6),), {"size": (4, 5)}, breaks="image-rank", expected="2 axes (None, 6)"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if not require_image(c, shape):
            return None
        size = tuple(a.size) if isinstance(a.size, (tuple, list)) and len(a.size) == 2 else (None, None)
        start = len(shape) - (2 if a.data_format == "channels_first" else 3)
        return (*shape[:start], *size, *shape[start + 2 :])
