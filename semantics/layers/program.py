"""What surrounds a model in a program: its entries, the arrays fed to it, the labels it is compared with."""

from __future__ import annotations

from collections.abc import Sequence

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything
from repairnn.semantics.faults import NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

FED_SHAPE = Rule(
    "fed-shape-mismatch",
    "The data fed to the model do not have the shape its input declares",
    "an array of shape {data}",
    "{input_shape}, the declared input",
    "The model was built for one shape; arrays of another cannot be fed to it. Usually an axis is missing, too many, "
    "or in another place, in the data or in the declaration.",
)
FED_TRAILING_AXIS = Rule(
    "fed-trailing-axis",
    "The data fed to the model lack (or have) a last axis of size 1 that Keras adds (or drops) silently",
    "an array of shape {data}",
    "{input_shape}, the declared input",
    "Keras 3 makes the ranks equal by adding or dropping a last axis of size 1. Earlier versions, other back ends and "
    "exported models do not, and where the missing axis is another one (the batch, say) the mistake goes unnoticed.",
    "suspicious",
)


@layer
class Input(Declaration):
    """An entry of the model. Its shape, batch axis included, is what the program declares."""

    kind = "input"
    inputs = (0, 0)
    spellings = (
        Spelling("keras", "InputLayer", ("shape", "batch_size", "dtype", "sparse", "ragged", "batch_shape",
                 "input_tensor", "optional", "name"),
                 ignored=frozenset({"dtype", "sparse", "ragged", "optional", "name"})),
    )  # fmt: skip
    arguments = (Argument("shape", Anything(), None, "order", "full shape, batch axis first, None where it varies"),)
    examples = (Example((), {"shape": (None, 28, 28, 1)}, (None, 28, 28, 1)),)

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        return None if a.shape is None else tuple(a.shape)


@layer
class Data(Declaration):
    """An array of the program: shape includes the sample axis."""

    kind = "data"
    inputs = (0, 0)
    arguments = (
        Argument("shape", Anything(), None, "order", "shape of the array, None where not known"),
        Argument("dtype", Anything(), None, "meaning"),
        Argument(
            "form", Anything(), None, "meaning", "what is known of the values: one_hot, classes, classes:N, binary"
        ),
    )
    examples = (Example((), {"shape": (60000, 28, 28)}, (60000, 28, 28)),)

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        return None if a.shape is None else tuple(a.shape)


@layer
class Feed(Declaration):
    """The program feeds an array (first input) to an entry of the model (second input).

    Keras adds or drops a last axis of size 1 where the ranks differ by one (``keras.Model.__call__``, as observed in
    Keras 3.15). The number of samples is not compared: programs feed in batches.
    """

    kind = "feed"
    exact = False
    inputs = (2, 2)
    rules = (FED_SHAPE, FED_TRAILING_AXIS)
    examples = (
        Example(((100, 28, 28, 1), (None, 28, 28, 1)), {}, (100, 28, 28, 1)),
        Example(((100, 28, 28), (None, 28, 28, 1)), {}, breaks="fed-trailing-axis", expected="(100, 28, 28, 1)"),
        Example(((100, 28, 28, 1), (None, 28, 28)), {}, breaks="fed-trailing-axis", expected="(100, 28, 28, 1)"),
        Example(((100,), (None, 1)), {}, (100, 1)),
        Example(((100, 28, 28, 1), (32, 28, None, 1)), {}, (100, 28, 28, 1)),
        Example(
            ((100, 28, 27, 1), (None, 28, 28, 1)),
            {},
            breaks="fed-shape-mismatch",
            expected="an array of shape (100, 28, 27, 1)",
        ),
        Example(((100, 28, 28), (None, 28, 28, 3)), {}, breaks="fed-shape-mismatch", expected="(100, 28, 28, 3)"),
        Example(((100, 28, 28, 3), (None, 28, 28, 1)), {}, breaks="fed-shape-mismatch", expected="(100, 28, 28, 1)"),
        Example(((100, 784), (None, 28, 28)), {}, breaks="fed-shape-mismatch", expected="(100, 28, 28)"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        data, entry = x
        assert data is not None
        assert entry is not None
        fed = _adjusted(data, entry) if c.framework == "keras" else data
        same = len(fed) == len(entry) and all(
            c.holds(ar.eq(d, e)) for d, e in zip(fed[1:], entry[1:], strict=True)
        )  # fmt: skip
        wanted = (data[0] if data else None, *entry[1:])
        needs = [NeedShape(0, (None, *entry[1:])), NeedShape(1, (None, *data[1:]))]
        if same:
            if len(data) != len(entry) and len(entry) > 2:
                c.fault(FED_TRAILING_AXIS, needs, data=data, input_shape=wanted)
            return fed
        c.fault(FED_SHAPE, needs, data=data, input_shape=wanted)
        return wanted


def _adjusted(data: Shape, entry: Shape) -> Shape:
    """The array as Keras hands it on: with a last axis of size 1 added or dropped where that makes the ranks equal."""
    if len(data) == len(entry) + 1 and ar.is_concrete(data[-1]) and data[-1] == 1:
        return data[:-1]
    if len(data) == len(entry) - 1 and ar.is_concrete(entry[-1]) and entry[-1] == 1:
        return (*data, 1)
    return data
