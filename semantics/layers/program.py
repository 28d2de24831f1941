"""What surrounds a model in a program: its entries, the arrays fed to it, the labels it is compared with."""

from __future__ import annotations

from collections.abc import Sequence

from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything
from repairnn.semantics.faults import NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer

FED_SHAPE = Rule(
    "fed-shape-mismatch",
    "The data fed to the model do not have the shape its input declares",
    "an array of shape {data}",
    "{input_shape}, the declared input",
    "The model was built for one shape; arrays of another cannot be fed to it. Usually an axis is missing, too many, "
    "or in another place, in the data or in the declaration.",
)


@layer
class Input(Declaration):
    """An entry of the model. Its shape, batch axis included, is what the program declares."""

    kind = "input"
    inputs = (0, 0)
    arguments = (
        Argument("shape", Anything(), REQUIRED, "order", "full shape, batch axis first, None where it varies"),
    )
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
    """The program feeds an array (first input) to an entry of the model (second input)."""

    kind = "feed"
    inputs = (2, 2)
    rules = (FED_SHAPE,)
    examples = (
        Example(((100, 28, 28, 1), (None, 28, 28, 1)), {}, (100, 28, 28, 1)),
        Example(
            ((100, 28, 27, 1), (None, 28, 28, 1)),
            {},
            breaks="fed-shape-mismatch",
            expected="an array of shape (100, 28, 27, 1)",
        ),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        data, entry = x
        assert data is not None and entry is not None
        same = len(data) == len(entry) and all(
            c.holds(None if d is None or e is None else d == e) for d, e in zip(data[1:], entry[1:], strict=True)
        )
        if not same:
            wanted = (data[0] if data else None, *entry[1:])
            needs = [NeedShape(0, (None, *entry[1:])), NeedShape(1, (None, *data[1:]))]
            c.fault(FED_SHAPE, needs, data=data, input_shape=wanted)
        return data
