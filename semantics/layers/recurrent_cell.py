"""One step of a recurrent layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Choice, Float, Int, Maybe
from repairnn.semantics.faults import NeedArgument, NeedDim, NeedRank, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers.names import CELL_ACTIVATION
from repairnn.semantics.layers.recurrent import CELLS, IGNORED, LEGACY, NAMES, TORCH_RENAMES, _parameters
from repairnn.semantics.recurrence import STATES, STEPS, cell_weights, keras_layout, torch_weights, zeros
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

CELL_RANK = Rule(
    "cell-rank",
    "A recurrent cell gets an input with the wrong number of axes",
    "{received} axes {input}",
    "2 axes (batch, features)",
    "A cell works on one step of a sequence; there is no axis of steps.",
)
CELL_FEATURES = Rule(
    "cell-in-features",
    "A recurrent cell gets another number of features than its weights are made for",
    "{received} features (last axis of {input})",
    "{declared} features",
    "The weights are multiplied with the last axis of the input.",
)
CELL_STATES = Rule(
    "cell-states",
    "A recurrent cell does not get the states it works on",
    "{states}",
    "{count} state(s) of shape {wanted}",
    "Each step starts from the state that the step before left: two tensors for an LSTM, one for the others.",
)


CELL_UNKNOWN = Rule(
    "cell-features-unknown",
    "A recurrent cell needs a known number of features",
    "{input}, whose last axis is not known",
    "a last axis with a fixed size",
    "The kernel has one row for each feature, so their number must be known when the cell is built.",
)


@layer
class RecurrentCell(Declaration):
    """One step: inputs (batch, features) and the states, outputs the result and then the states.

    PyTorch returns the states alone. Sources: Keras ``SimpleRNNCell``, ``GRUCell``, ``LSTMCell``; PyTorch
    ``torch.nn.RNNCell``, ``GRUCell``, ``LSTMCell``.
    """

    kind = "recurrent_cell"
    inputs = (1, 3)
    arguments = (
        Argument("cell", Choice(CELLS), REQUIRED, "meaning"),
        Argument("units", Int(1), REQUIRED, "capacity", "size of the state", torch=Int(0)),
        Argument("activation", CELL_ACTIVATION, "tanh", "meaning"),
        Argument("recurrent_activation", CELL_ACTIVATION, "sigmoid", "meaning"),
        Argument("use_bias", Bool(), True, "meaning"),
        Argument("dropout", Float(), 0.0, "meaning"),
        Argument("recurrent_dropout", Float(), 0.0, "meaning"),
        Argument("reset_after", Bool(), True, "meaning"),
        Argument(
            "input_size", Maybe(Int(1)), None, "derived", "features that come in, where the framework asks for it"
        ),
    )
    rules = (CELL_RANK, CELL_UNKNOWN, CELL_FEATURES, CELL_STATES)
    spellings = (
        *(
            Spelling("keras", f"{NAMES[cell]}Cell", _parameters(cell, False), ("implementation",),
                     fixed={"cell": cell}, legacy=LEGACY, ignored=IGNORED)
            for cell in CELLS
        ),
        *(
            Spelling("torch", f"{name}Cell", ("input_size", "hidden_size", "bias",
                     *(("nonlinearity",) if cell == "simple_rnn" else ()), "device", "dtype"), renames=TORCH_RENAMES,
                     fixed={"cell": cell}, domains={"activation": Choice(("tanh", "relu"))})
            for name, cell in (("RNN", "simple_rnn"), ("GRU", "gru"), ("LSTM", "lstm"))
        ),
    )  # fmt: skip
    examples = (
        Example(((None, 3), (None, 4)), {"cell": "gru", "units": 4}, [(None, 4), (None, 4)]),
        Example(((2, 3), (2, 4), (2, 4)), {"cell": "lstm", "units": 4}, [(2, 4)] * 3),
        Example(((2, 3),), {"cell": "lstm", "units": 4, "input_size": 3}, [(2, 4)] * 2, framework="torch"),
        Example(((None, 5, 3), (None, 4)), {"cell": "gru", "units": 4}, breaks="cell-rank", expected="3 axes"),
        Example(((None, None), (None, 4)), {"cell": "gru", "units": 4}, breaks="cell-features-unknown"),
        Example(((2, 4),), {"cell": "gru", "units": 4, "input_size": 3}, breaks="cell-in-features", framework="torch"),
        Example(((None, 3), (None, 5)), {"cell": "gru", "units": 4}, breaks="cell-states", expected="(None, 4)"),
        Example(((None, 3), (None, 4)), {"cell": "lstm", "units": 4}, breaks="cell-states", expected="2 state(s)"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        shape = x[0]
        assert shape is not None
        torch = c.framework == "torch"
        if len(shape) != 2 and not (torch and len(shape) == 1):
            c.fault(CELL_RANK, [NeedRank(0, 1 if torch else 2, 2)], received=len(shape))
        elif shape[-1] is None and not torch:
            c.fault(CELL_UNKNOWN)
        if a.input_size is not None and shape and not c.holds(ar.eq(shape[-1], a.input_size)):
            needs = [NeedDim(0, -1, a.input_size, "input_size")]
            c.fault(CELL_FEATURES, needs, ("input_size",), received=shape[-1], declared=a.input_size)
        state = (a.units,) if torch and len(shape) == 1 else (shape[0] if shape else None, a.units)
        _require_states(c, x[1:], state, a)
        count = STATES[a.cell]
        if torch:
            return [state] * count if count > 1 else state
        return [state] * (1 + count)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        if a.input_size is not None:
            return torch_weights("", a.cell, (a.input_size, a.units, a.units), a.use_bias)
        return cell_weights(a.cell, x[0][-1] if x[0] else None, a.units, a.use_bias, a.reset_after)

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        torch = a.input_size is not None
        alone = x[0].ndim == 1  # PyTorch takes a single sample without its batch axis
        given = [array[None] if alone else array for array in x]
        states = given[1:] or zeros(given[0], a.units, STATES[a.cell])
        new = STEPS[a.cell](given[0], states, keras_layout(w, "", a.cell) if torch else w, a)
        new = [array[0] if alone else array for array in new]
        if torch:
            return new if len(new) > 1 else new[0]
        return [new[0], *new]

    @staticmethod
    def output_count(a: Args) -> int:
        return STATES.get(a.cell, 1) + (a.input_size is None)


def _require_states(c: Context, states: Sequence[Shape | None], wanted: Shape, a: Args) -> None:
    count = STATES[a.cell]
    if not states and c.framework == "torch":
        return
    fits = len(states) == count and all(
        state is None
        or (len(state) == len(wanted) and all(c.holds(ar.eq(n, m)) for n, m in zip(state, wanted, strict=True)))
        for state in states
    )
    if not fits:
        from repairnn.semantics.faults import show

        given = ", ".join(map(show, states)) or "no state"
        needs = [NeedShape(1 + i, wanted) for i in range(len(states))] if len(states) == count else []
        c.fault(CELL_STATES, [*needs, NeedArgument("units")], ("units",), states=given, count=count, wanted=wanted)
