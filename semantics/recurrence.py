"""The NumPy reference of recurrent layers, and the sizes of their weights.

Loaded by the declarations in :mod:`repairnn.semantics.layers.recurrent`; needs no NumPy before something is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.ir import Dim, Shape

#: Blocks in the kernel of one cell: input, forget, candidate, output; update, reset, candidate; or the candidate alone.
GATES = {"lstm": 4, "gru": 3, "simple_rnn": 1}
STATES = {"lstm": 2, "gru": 1, "simple_rnn": 1}


def cell_weights(cell: str, features: Dim, units: Dim, use_bias: bool, reset_after: bool) -> dict[str, Shape]:
    """Weights of one Keras cell. Source: ``keras.layers.LSTMCell``, ``GRUCell``, ``SimpleRNNCell``."""
    width = ar.mul(GATES[cell], units)
    weights: dict[str, Shape] = {"kernel": (features, width), "recurrent_kernel": (units, width)}
    if use_bias:
        weights["bias"] = (2, width) if cell == "gru" and reset_after else (width,)
    return weights


def torch_weights(prefix: str, cell: str, sizes: tuple[Dim, Dim, Dim], use_bias: bool) -> dict[str, Shape]:
    """Weights of one PyTorch cell under PyTorch's names; ``sizes`` are features, units and the size of the output."""
    features, units, out = sizes
    width = ar.mul(GATES[cell], units)
    suffix = prefix and f"_{prefix}"
    weights: dict[str, Shape] = {f"weight_ih{suffix}": (width, features), f"weight_hh{suffix}": (width, out)}
    if use_bias:
        weights |= {f"bias_ih{suffix}": (width,), f"bias_hh{suffix}": (width,)}
    if out is not units:
        weights[f"weight_hr{suffix}"] = (out, units)
    return weights


def lstm_step(x: Any, states: Sequence[Any], w: Mapping[str, Any], a: Any) -> list[Any]:
    """One step of a long short-term memory: new hidden and cell state. Gates in the order i, f, c, o."""
    import numpy as np

    from repairnn.semantics.numeric import activate

    hidden, cell = states
    z = x @ w["kernel"] + hidden @ w["recurrent_kernel"] + w.get("bias", 0)
    i, f, c, o = np.split(z, 4, axis=-1)
    gate = a.recurrent_activation
    cell = activate(gate, f) * cell + activate(gate, i) * activate(a.activation, c)
    return [activate(gate, o) * activate(a.activation, cell), cell]


def gru_step(x: Any, states: Sequence[Any], w: Mapping[str, Any], a: Any) -> list[Any]:
    """One step of a gated recurrent unit. Gates in the order z, r, h.

    With ``reset_after`` the reset gate acts after the recurrent product, and both products have a bias.
    """
    import numpy as np

    from repairnn.semantics.numeric import activate

    (hidden,) = states
    bias = w.get("bias", np.zeros((2, w["kernel"].shape[-1])))
    before, after = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
    xz, xr, xh = np.split(x @ w["kernel"] + before, 3, axis=-1)
    kz, kr, kh = np.split(w["recurrent_kernel"], 3, axis=-1)
    bz, br, bh = np.split(after, 3, axis=-1)
    z = activate(a.recurrent_activation, xz + hidden @ kz + bz)
    r = activate(a.recurrent_activation, xr + hidden @ kr + br)
    inner = r * (hidden @ kh + bh) if a.reset_after else (r * hidden) @ kh
    return [z * hidden + (1 - z) * activate(a.activation, xh + inner)]


def simple_step(x: Any, states: Sequence[Any], w: Mapping[str, Any], a: Any) -> list[Any]:
    """One step of a plain recurrent layer."""
    from repairnn.semantics.numeric import activate

    z = x @ w["kernel"] + states[0] @ w["recurrent_kernel"] + w.get("bias", 0)
    return [activate(a.activation, z)]


STEPS = {"lstm": lstm_step, "gru": gru_step, "simple_rnn": simple_step}


def run(x: Any, states: Sequence[Any], w: Mapping[str, Any], a: Any, backwards: bool) -> tuple[Any, list[Any]]:
    """All outputs (batch, steps, units) in the order they are made, and the last states. No mask."""
    import numpy as np

    state, outputs = list(states), []
    for step in reversed(range(x.shape[1])) if backwards else range(x.shape[1]):
        state = STEPS[a.cell](x[:, step], state, w, a)
        outputs.append(state[0])
    return np.stack(outputs, axis=1), state


def zeros(x: Any, units: int, count: int) -> list[Any]:
    """States to start with."""
    import numpy as np

    return [np.zeros((x.shape[0], units), x.dtype) for _ in range(count)]


def merged(forward: Any, backward: Any, mode: str | None) -> list[Any]:
    """The outputs of two directions in one, or both."""
    import numpy as np

    match mode:
        case "concat":
            return [np.concatenate([forward, backward], axis=-1)]
        case "sum":
            return [forward + backward]
        case "mul":
            return [forward * backward]
        case "ave":
            return [(forward + backward) / 2]
    return [forward, backward]


def compute_keras(x: Sequence[Any], w: Mapping[str, Any], a: Any) -> list[Any]:
    """A Keras recurrent layer: outputs first, then the states of each direction."""
    count = STATES[a.cell]
    given = list(x[1:])
    if not a.bidirectional:
        states = given or zeros(x[0], a.units, count)
        outputs, last = run(x[0], states, w, a, a.go_backwards)
        result = outputs if a.return_sequences else outputs[:, -1]
        return [result, *(last if a.return_state else [])]
    halves = []
    for number, direction in enumerate(("forward", "backward")):
        own = {name.removeprefix(direction + "_"): v for name, v in w.items() if name.startswith(direction)}
        states = given[number * count : (number + 1) * count] or zeros(x[0], a.units, count)
        outputs, last = run(x[0], states, own, a, bool(number) != a.go_backwards)
        if not a.return_sequences:
            outputs = outputs[:, -1]
        elif number:
            outputs = outputs[:, ::-1]
        halves.append((outputs, last))
    result = merged(halves[0][0], halves[1][0], a.merge_mode)
    return [*result, *((*halves[0][1], *halves[1][1]) if a.return_state else ())]


def keras_layout(w: Mapping[str, Any], suffix: str, cell: str) -> dict[str, Any]:
    """PyTorch's weights of one direction of one layer in Keras' layout (GRU gates r, z, n become z, r, h)."""
    import numpy as np

    def arranged(kind: str) -> Any:
        value = w[f"{kind}{suffix}"].T
        if cell != "gru":
            return value
        r, z, n = np.split(value, 3, axis=-1)
        return np.concatenate([z, r, n], axis=-1)

    weights = {"kernel": arranged("weight_ih"), "recurrent_kernel": arranged("weight_hh")}
    if f"bias_ih{suffix}" in w:
        both = arranged("bias_ih"), arranged("bias_hh")
        weights["bias"] = np.stack(both) if cell == "gru" else both[0] + both[1]
    return weights


def compute_torch(x: Sequence[Any], w: Mapping[str, Any], a: Any) -> list[Any]:
    """A PyTorch recurrent layer without projection: the sequence, then the last states of all layers."""
    import numpy as np

    if a.proj_size:
        raise NotImplementedError("the reference has no projection of the hidden state")
    count, directions = STATES[a.cell], 2 if a.bidirectional else 1
    batched = x[0].ndim == 3
    sequence = x[0] if batched else x[0][None]
    sequence = sequence if a.batch_first or not batched else sequence.swapaxes(0, 1)
    given = [state if batched else state[:, None] for state in x[1:]]
    lasts: list[list[Any]] = [[] for _ in range(count)]
    for number in range(a.num_layers):
        made = []
        for direction in range(directions):
            suffix = f"_l{number}{'_reverse' if direction else ''}"
            row = number * directions + direction
            states = [state[row] for state in given] or zeros(sequence, a.units, count)
            outputs, last = run(sequence, states, keras_layout(w, suffix, a.cell), a, bool(direction))
            made.append(outputs[:, ::-1] if direction else outputs)
            for kept, state in zip(lasts, last, strict=True):
                kept.append(state)
        sequence = np.concatenate(made, axis=-1)
    states = [np.stack(kept) for kept in lasts]
    if not batched:
        return [sequence[0], *(state[:, 0] for state in states)]
    return [sequence if a.batch_first else sequence.swapaxes(0, 1), *states]
