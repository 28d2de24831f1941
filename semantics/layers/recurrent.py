"""Recurrent layers over sequences (plain, GRU, LSTM) in one or two directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import REQUIRED, Args, Argument, Declaration, Example
from repairnn.semantics.domains import Bool, Choice, Float, Int, Maybe
from repairnn.semantics.faults import Need, NeedArgument, NeedAtLeast, NeedDim, NeedRank, NeedShape, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.layers.names import CELL_ACTIVATION
from repairnn.semantics.recurrence import STATES, cell_weights, compute_keras, compute_torch, torch_weights
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling
from repairnn.semantics.torch_rules import EMPTY_AXIS, require_some

RECURRENT_RANK = Rule(
    "recurrent-rank",
    "A recurrent layer gets an input with the wrong number of axes",
    "{received} axes {input}",
    "{wanted} axes {axes}",
    "A recurrent layer reads a sequence step by step: besides the batch it needs an axis of steps and one of features. "
    "When the layer before is recurrent as well, it must return its whole sequence.",
)
RECURRENT_FEATURES_UNKNOWN = Rule(
    "recurrent-features-unknown",
    "A recurrent layer needs a known number of features",
    "{input}, whose last axis is not known",
    "a last axis with a fixed size",
    "The kernel has one row for each feature, so their number must be known when the layer is built.",
)
RECURRENT_IN_FEATURES = Rule(
    "recurrent-in-features",
    "A recurrent layer declares another number of features than it gets",
    "{received} features (last axis of {input})",
    "{declared} features, as input_size says",
    "The weights are made for input_size features and multiplied with the last axis of the input.",
)
RECURRENT_STATEFUL = Rule(
    "recurrent-stateful-batch-unknown",
    "A stateful recurrent layer needs a known batch size",
    "{input}, whose batch size is not known",
    "a fixed batch size",
    "A stateful layer keeps one state for each sample between batches, so it must know how many there are.",
)
RECURRENT_STATE_COUNT = Rule(
    "recurrent-state-count",
    "A recurrent layer gets the wrong number of initial states",
    "{count} initial state(s)",
    "{wanted} initial state(s)",
    "An LSTM has two states, hidden and cell; the others have one; a bidirectional layer has those of both directions.",
)
RECURRENT_PROJECTION = Rule(
    "recurrent-projection-size",
    "The projection of an LSTM is no smaller than its state",
    "proj_size={size} with hidden_size={units}",
    "a projection smaller than {units}",
    "A projection makes the output smaller than the state; PyTorch refuses any other size.",
)
RECURRENT_STATE_SHAPE = Rule(
    "recurrent-state-shape",
    "An initial state does not have the shape of the layer's state",
    "{state} as initial state {number}",
    "{wanted}, for units={units}",
    "A state has one number for each unit and sample; a state of another layer fits only when both have equal units.",
)
RECURRENT_NO_STEPS = Rule(
    "recurrent-without-steps",
    "A recurrent layer gets a sequence without steps",
    "0 steps (axis 1 of {input})",
    "at least 1 step",
    "Keras reads the first step to learn what a step looks like; without one the model fails when it runs.",
)
BOTH_BACKWARDS = Rule(
    "bidirectional-go-backwards",
    "A layer that runs in both directions is told to start from the end",
    "go_backwards=True under Bidirectional",
    "go_backwards=False",
    "The wrapper makes the layer for the other direction itself; Keras refuses two layers of the same direction.",
)
CELLS = ("simple_rnn", "gru", "lstm")
NAMES = {"simple_rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}
LEGACY = {"output_dim": "units", "init": "kernel_initializer", "inner_init": "recurrent_initializer",
          "forget_bias_init": "unit_forget_bias", "inner_activation": "recurrent_activation",
          "W_regularizer": "kernel_regularizer", "U_regularizer": "recurrent_regularizer",
          "b_regularizer": "bias_regularizer", "dropout_W": "dropout", "dropout_U": "recurrent_dropout",
          "consume_less": "implementation", "bias": "use_bias"}  # fmt: skip
IGNORED = frozenset({"implementation", "use_cudnn", "seed", "time_major"})
SETTINGS = ("kernel_regularizer", "recurrent_regularizer", "bias_regularizer")
CONSTRAINTS = ("kernel_constraint", "recurrent_constraint", "bias_constraint", "dropout", "recurrent_dropout")
RETURNS = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll")


def _parameters(cell: str, layer_form: bool) -> tuple[str, ...]:
    """The parameters of a Keras layer or cell, in the order of its signature."""
    gated = ("recurrent_activation",) if cell != "simple_rnn" else ()
    forget = ("unit_forget_bias",) if cell == "lstm" else ()
    activity = ("activity_regularizer",) if layer_form else ()
    common = ("units", "activation", *gated, "use_bias", "kernel_initializer", "recurrent_initializer",
              "bias_initializer", *forget, *SETTINGS, *activity, *CONSTRAINTS)  # fmt: skip
    if not layer_form:
        return (*common, *(("reset_after", "seed") if cell == "gru" else ("seed",)))
    if cell == "simple_rnn":
        return (*common, *RETURNS, "seed")
    return (*common, "seed", *RETURNS, *(("reset_after",) if cell == "gru" else ()), "use_cudnn")


def _keras(cell: str) -> Spelling:
    return Spelling("keras", NAMES[cell], _parameters(cell, True), ("implementation", "time_major"),
                    fixed={"cell": cell}, legacy=LEGACY, ignored=IGNORED)  # fmt: skip


def _cudnn(cell: str) -> Spelling:
    """The names for CUDA of Keras 2, which today's layers replace."""
    parameters = ("units", "kernel_initializer", "recurrent_initializer", "bias_initializer",
                  *(("unit_forget_bias",) if cell == "lstm" else ()), *SETTINGS, "activity_regularizer",
                  *CONSTRAINTS[:3], "return_sequences", "return_state", "go_backwards", "stateful")  # fmt: skip
    return Spelling("keras", f"CuDNN{NAMES[cell]}", parameters, fixed={"cell": cell}, ignored=IGNORED)


TORCH_RENAMES = {"hidden_size": "units", "bias": "use_bias", "nonlinearity": "activation"}


def _torch(name: str, cell: str) -> Spelling:
    extra = ("nonlinearity",) if cell == "simple_rnn" else ()
    parameters = ("input_size", "hidden_size", "num_layers", *extra, "bias", "batch_first", "dropout", "bidirectional")
    projection = ("proj_size",) if cell == "lstm" else ()
    return Spelling("torch", name, (*parameters, *projection, "device", "dtype"), renames=TORCH_RENAMES,
                    fixed={"cell": cell}, defaults={"batch_first": False},
                    domains={"activation": Choice(("tanh", "relu"))})  # fmt: skip


@layer
class Recurrent(Declaration):
    """A recurrent cell run over the steps of (batch, steps, features).

    Inputs are the sequence and, where given, the initial states. Outputs are the result (two for a bidirectional layer
    with ``merge_mode=None``), then the last states: in Keras with ``return_state`` only, one of shape (batch, units)
    each; in PyTorch always, of shape (layers * directions, batch, units), and the result is always the sequence.
    The wrappers ``Bidirectional``, ``RNN`` and ``StackedRNNCells`` take their cell from what they wrap.
    Sources: Keras ``SimpleRNN``, ``GRU``, ``LSTM``, ``Bidirectional``; PyTorch ``torch.nn.RNN``, ``GRU``, ``LSTM``.
    """

    kind = "recurrent"
    inputs = (1, 5)
    arguments = (
        Argument("cell", Choice(CELLS), REQUIRED, "meaning"),
        Argument("units", Int(1), REQUIRED, "capacity", "size of the state"),
        Argument("activation", CELL_ACTIVATION, "tanh", "meaning"),
        Argument("recurrent_activation", CELL_ACTIVATION, "sigmoid", "meaning"),
        Argument("use_bias", Bool(), True, "meaning"),
        Argument("dropout", Float(), 0.0, "meaning"),
        Argument("recurrent_dropout", Float(), 0.0, "meaning"),
        Argument("return_sequences", Bool(), False, "free", "the output of every step, or of the last one"),
        Argument("return_state", Bool(), False, "free", "the last states as further outputs"),
        Argument("go_backwards", Bool(), False, "meaning"),
        Argument("stateful", Bool(), False, "free"),
        Argument("unroll", Bool(), False, "meaning"),
        Argument("reset_after", Bool(), True, "meaning"),
        Argument("bidirectional", Bool(), False, "meaning"),
        Argument("around_cell", Bool(), False, "meaning", "RNN(cell): Keras leaves the number of axes to the cell"),
        Argument("merge_mode", Choice(("concat", "sum", "mul", "ave", None)), "concat", "free"),
        Argument(
            "input_size", Maybe(Int(1)), None, "derived", "features that come in, where the framework asks for it"
        ),
        Argument("num_layers", Int(1), 1, "capacity", "layers stacked inside (PyTorch)"),
        Argument("batch_first", Bool(), True, "order", "the batch is axis 0 (PyTorch: axis 1 unless said)"),
        Argument("proj_size", Int(0), 0, "capacity", "size of a projected output, 0 for none (PyTorch)"),
    )
    rules = (RECURRENT_RANK, RECURRENT_FEATURES_UNKNOWN, RECURRENT_IN_FEATURES, RECURRENT_STATEFUL,
             RECURRENT_PROJECTION, RECURRENT_STATE_COUNT, RECURRENT_STATE_SHAPE, RECURRENT_NO_STEPS,
             EMPTY_AXIS, BOTH_BACKWARDS)  # fmt: skip
    spellings = (
        *(_keras(cell) for cell in CELLS),
        *(_cudnn(cell) for cell in ("gru", "lstm")),
        Spelling("keras", "Bidirectional", ("layer", "merge_mode", "weights", "backward_layer"),
                 fixed={"bidirectional": True}),
        Spelling("keras", "RNN", ("cell", *RETURNS, "zero_output_for_mask"), ("time_major",),
                 fixed={"around_cell": True}, ignored=IGNORED),
        Spelling("keras", "StackedRNNCells", ("cells",)),
        *(_torch(name, cell) for name, cell in (("RNN", "simple_rnn"), ("GRU", "gru"), ("LSTM", "lstm"))),
    )  # fmt: skip
    examples = (
        Example(((None, 5, 3),), {"cell": "lstm", "units": 4}, (None, 4)),
        Example(((None, None, 3),), {"cell": "gru", "units": 4, "return_sequences": True}, (None, None, 4)),
        Example(((2, 5, 3),), {"cell": "lstm", "units": 4, "return_state": True}, [(2, 4)] * 3),
        Example(((2, 5, 3), (2, 4)), {"cell": "simple_rnn", "units": 4, "stateful": True}, (2, 4)),
        Example(((None, 5, 3),), {"cell": "gru", "units": 4, "bidirectional": True}, (None, 8)),
        Example(((7, 2, 3),), {"cell": "lstm", "units": 4, "input_size": 3, "num_layers": 2, "batch_first": False},
                [(7, 2, 4), (2, 2, 4), (2, 2, 4)], framework="torch"),
        Example(((None, 3),), {"cell": "lstm", "units": 4}, breaks="recurrent-rank",
                expected="3 axes (batch, steps, features)"),
        Example(((None, 5, 3, 2),), {"cell": "simple_rnn", "units": 4, "around_cell": True}, (None, 4)),
        Example(((None, 5, 3, 2),), {"cell": "lstm", "units": 4}, breaks="recurrent-rank", expected="4 axes"),
        Example(((None, 5, None),), {"cell": "lstm", "units": 4}, breaks="recurrent-features-unknown"),
        Example(((None, 0, 3),), {"cell": "lstm", "units": 4}, breaks="recurrent-without-steps", expected="0 steps"),
        Example(((None, 5, 3),), {"cell": "gru", "units": 4, "bidirectional": True, "go_backwards": True},
                breaks="bidirectional-go-backwards", expected="go_backwards=False"),
        Example(((None, 5, 3),), {"cell": "gru", "units": 4, "stateful": True},
                breaks="recurrent-stateful-batch-unknown"),
        Example(((None, 5, 3), (None, 4)), {"cell": "lstm", "units": 4}, breaks="recurrent-state-count",
                expected="2 initial state(s)"),
        Example(((None, 5, 3), (None, 5)), {"cell": "gru", "units": 4}, breaks="recurrent-state-shape",
                expected="(None, 5) as initial state 1"),
        Example(((7, 2, 3),), {"cell": "lstm", "units": 4, "input_size": 3, "proj_size": 3, "batch_first": False},
                [(7, 2, 3), (1, 2, 3), (1, 2, 4)], framework="torch"),
        Example(((0, 2, 3),), {"cell": "gru", "units": 4, "input_size": 3, "batch_first": False},
                breaks="axis-without-cells", expected="axis 0 of (0, 2, 3)", framework="torch"),
        Example(((7, 2, 3),), {"cell": "lstm", "units": 4, "input_size": 3, "proj_size": 4, "batch_first": False},
                breaks="recurrent-projection-size", expected="smaller than 4", framework="torch"),
        Example(((2, 5, 4),), {"cell": "gru", "units": 4, "input_size": 3}, breaks="recurrent-in-features",
                expected="4 features", framework="torch"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Any:
        shape = x[0]
        assert shape is not None
        torch = c.framework == "torch"
        axes = "(batch, steps, features)" if a.batch_first else "(steps, batch, features)"
        unchecked = a.around_cell and a.cell == "simple_rnn" and len(shape) > 3
        if len(shape) != 3 and not (torch and len(shape) == 2) and not unchecked:
            values: dict[str, Any] = {"received": len(shape), "wanted": 3, "axes": axes}
            c.fault(RECURRENT_RANK, [NeedRank(0, 2 if torch else 3, 3)], **values)
            if len(shape) < 3:
                shape = (shape[0] if shape else None, None, shape[-1] if len(shape) > 1 else None)
            else:
                shape = (*shape[:2], None)
        elif a.input_size is None and shape[-1] is None and not torch:
            c.fault(RECURRENT_FEATURES_UNKNOWN)
        if a.input_size is not None and not c.holds(ar.eq(shape[-1], a.input_size)):
            needs = [NeedDim(0, -1, a.input_size, "input_size")]
            c.fault(RECURRENT_IN_FEATURES, needs, ("input_size",), received=shape[-1], declared=a.input_size)
        if torch:
            return _torch_outputs(c, shape, x[1:], a)
        if not c.holds(ar.at_least(shape[1], 1)):
            c.fault(RECURRENT_NO_STEPS, [NeedAtLeast(0, 1, 1)])
        require_one_backwards(c, a)
        if a.stateful and shape[0] is None:
            c.fault(RECURRENT_STATEFUL, [NeedArgument("stateful", (False,))], ("stateful",))
        count = STATES[a.cell] * (2 if a.bidirectional else 1)
        _require_states(c, x[1:], count, (shape[0], a.units), a)
        return _keras_outputs(shape, a)

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        features = a.input_size if a.input_size is not None else x[0][-1] if x[0] else None
        if a.input_size is not None:
            return _torch_layer_weights(features, a)
        weights = cell_weights(a.cell, features, a.units, a.use_bias, a.reset_after)
        if not a.bidirectional:
            return weights
        return {f"{way}_{name}": shape for way in ("forward", "backward") for name, shape in weights.items()}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        result = compute_keras(x, w, a) if a.input_size is None else compute_torch(x, w, a)
        return result if len(result) > 1 else result[0]

    @staticmethod
    def output_count(a: Args) -> int:
        states = STATES.get(a.cell, 1)
        if a.input_size is not None:
            return 1 + states
        ways = 2 if a.bidirectional else 1
        results = 2 if a.bidirectional and a.merge_mode is None else 1
        return results + (ways * states if a.return_state else 0)


def require_one_backwards(c: Context, a: Args) -> None:
    """A layer for both directions starts from the front."""
    if a.bidirectional and a.go_backwards and c.framework == "keras":
        c.fault(BOTH_BACKWARDS, [NeedArgument("go_backwards", (False,))], ("go_backwards",))


def _keras_outputs(shape: Shape, a: Args) -> Any:
    width = ar.mul(2, a.units) if a.bidirectional and a.merge_mode == "concat" else a.units
    result = (*shape[:2], width) if a.return_sequences else (shape[0], width)
    outputs = [result, result] if a.bidirectional and a.merge_mode is None else [result]
    if a.return_state:
        outputs += [(shape[0], a.units)] * (STATES[a.cell] * (2 if a.bidirectional else 1))
    return outputs if len(outputs) > 1 else result


def _torch_outputs(c: Context, shape: Shape, states: Sequence[Shape | None], a: Args) -> list[Shape]:
    ways = 2 if a.bidirectional else 1
    if a.proj_size and not c.holds(ar.at_least(a.units, ar.add(a.proj_size, 1))):
        needs = [NeedArgument("proj_size", (0,)), NeedArgument("units")]
        c.fault(RECURRENT_PROJECTION, needs, ("proj_size", "units"), size=a.proj_size, units=a.units)
    steps = 0 if len(shape) == 2 or not a.batch_first else 1
    require_some(c, shape[: steps + 1], steps)
    out = a.proj_size or a.units
    batch = () if len(shape) == 2 else (shape[0] if a.batch_first else shape[1],)
    hidden, cell = (ways * a.num_layers, *batch, out), (ways * a.num_layers, *batch, a.units)
    wanted = [hidden, cell][: STATES[a.cell]]
    if states and len(states) != len(wanted):
        c.fault(RECURRENT_STATE_COUNT, count=len(states), wanted=len(wanted))
    else:
        for number, (state, needed) in enumerate(zip(states, wanted, strict=False), 1):
            _require_state(c, number, state, needed, a)
    return [(*shape[:-1], ar.mul(ways, out)), *wanted]


def _require_states(c: Context, states: Sequence[Shape | None], count: int, needed: Shape, a: Args) -> None:
    if states and len(states) != count:
        c.fault(RECURRENT_STATE_COUNT, count=len(states), wanted=count)
        return
    for number, state in enumerate(states, 1):
        _require_state(c, number, state, needed, a)


def _require_state(c: Context, number: int, state: Shape | None, needed: Shape, a: Args) -> None:
    if state is None:
        return
    same = len(state) == len(needed)
    one = a.input_size is None and same and ar.eq(state[0], 1)
    batch = same and c.holds(ar.any_of(one, ar.eq(state[0], needed[0])))
    if batch and all(c.holds(ar.eq(n, m)) for n, m in zip(state[1:], needed[1:], strict=True)):
        return
    good = (state[-1],) if same and isinstance(state[-1], int) and state[-1] > 0 else ()
    needs: list[Need] = [NeedShape(number, needed), NeedArgument("units", good)]
    if a.input_size is not None and len(state) == len(needed) + 1:  # states of a batch for a sequence without one
        needs.insert(0, NeedRank(0, 3, 3))
    if a.input_size is not None and same and len(state) == 3:  # the other order of batch and steps, perhaps
        needs.append(NeedArgument("batch_first", (not a.batch_first,)))
        needs.extend(_depths(state, needed, a))
    c.fault(RECURRENT_STATE_SHAPE, needs, ("units",), state=state, number=number, wanted=needed, units=a.units)


def _depths(state: Shape, needed: Shape, a: Args) -> list[Need]:
    """Other numbers of layers, or the other number of directions, that have as many states as are given."""
    given, ways = state[0], 2 if a.bidirectional else 1
    if not isinstance(given, int) or given < 1 or tuple(state[1:]) != tuple(needed[1:]):
        return []
    needs: list[Need] = []
    if given % ways == 0 and given != ways * a.num_layers:
        needs.append(NeedArgument("num_layers", (given // ways,)))
    if given * ways == a.num_layers * 2:
        needs.append(NeedArgument("bidirectional", (not a.bidirectional,)))
    return needs


def _torch_layer_weights(features: Any, a: Args) -> dict[str, Shape]:
    out = a.proj_size or a.units
    ways = ("", "_reverse") if a.bidirectional else ("",)
    weights: dict[str, Shape] = {}
    for number in range(a.num_layers):
        for way in ways:
            weights |= torch_weights(f"l{number}{way}", a.cell, (features, a.units, out), a.use_bias)
        features = ar.mul(len(ways), out)
    return weights
