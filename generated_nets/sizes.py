"""What finds the size an entry needs: trying sizes, the solver, or both (``python -m generated_nets.sizes``).

Networks of which only the size of the entry is wrong, each with layers that want different things of it. ``tried`` are
the sizes that the search tries at the entry, ``solver`` is the solver alone, ``both`` asks the solver where nothing
tried will do, as the search does. Times are processor time in milliseconds, the best of three.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from generated_nets.table import lines
from repairnn.search.costs import PROFILES
from repairnn.search.moves.case import Case
from repairnn.search.moves.program import entries
from repairnn.search.sizes import entry_sizes
from repairnn.search.state import advance, start
from repairnn.semantics.ir import Network, Node, Ref
from repairnn.semantics.symbolic import Answer, Solution, Unknown, Unsat

Layer = tuple[str, str, dict[str, Any], Sequence[str]]


def network(framework: str, **layers: Layer) -> Network:
    """A network of named layers: kind, spelling, arguments and what they read."""
    nodes = {
        name: Node(name, kind, args, tuple(Ref(source) for source in sources), spelling, name)
        for name, (kind, spelling, args, sources) in layers.items()
    }
    return Network(framework, nodes, (Ref(next(reversed(nodes))),))


def start_at(*shape: int | None) -> Layer:
    return ("input", "Input", {"shape": shape}, ())


def conv(source: str, kernel: int, stride: int = 1, padding: str = "valid") -> Layer:
    return ("conv", "Conv2D", {"filters": 8, "kernel_size": kernel, "strides": stride, "padding": padding}, (source,))


def pool(source: str, size: int = 2) -> Layer:
    return ("pool", "MaxPooling2D", {"pool_size": size}, (source,))


def up(source: str, size: int = 2) -> Layer:
    return ("upsampling", "UpSampling2D", {"size": size}, (source,))


def joined(*sources: str) -> Layer:
    return ("concatenate", "Concatenate", {}, sources)


def added(*sources: str) -> Layer:
    return ("merge", "Add", {}, sources)


def reshaped(source: str, *target: int) -> Layer:
    return ("reshape", "Reshape", {"target_shape": target}, (source,))


def u_net(padding: str, height: int, width: int, depth: int) -> Network:
    """An encoder and a decoder of so many steps with connections between them."""
    layers: dict[str, Layer] = {"in": start_at(None, height, width, 3)}
    last = "in"
    for step in range(depth):
        layers[f"down{step}"] = conv(last, 3, 1, padding)
        layers[f"pool{step}"] = pool(f"down{step}")
        last = f"pool{step}"
    for step in reversed(range(depth)):
        layers[f"up{step}"] = up(last)
        layers[f"join{step}"] = joined(f"up{step}", f"down{step}")
        last = f"join{step}"
    return network("keras", **layers)


def problems() -> dict[str, Network]:
    """The networks by what is coupled in them."""
    return {
        "U-Net of three steps, 100x75": u_net("same", 100, 75, 3),
        "U-Net of five steps, 250x333": u_net("same", 250, 333, 5),
        "U-Net of two steps without padding": u_net("valid", 100, 100, 2),
        "patches of 16 to 196 rows, from 200x200": network(
            "keras", x=start_at(None, 200, 200, 3), patch=conv("x", 16, 16), rows=reshaped("patch", 196, 8)
        ),
        "maps to 35 rows of 64, from 50x50": network(
            "keras", x=start_at(None, 50, 50, 3), a=conv("x", 3, 2), b=pool("a"), rows=reshaped("b", 35, 64)
        ),
        "two entries that meet, by 4 and by 3": network(
            "keras", x=start_at(None, 64, 64, 3), y=start_at(None, 40, 40, 3), a=conv("x", 4, 4), b=conv("y", 3, 3),
            sum=added("a", "b"),
        ),
        "branches of one entry, by 4 and by 3": network(
            "keras", x=start_at(None, 40, 40, 3), a=conv("x", 4, 4), b=conv("x", 19, 3), sum=added("a", "b")
        ),
        "branches that meet, then rows of 25": network(
            "keras", x=start_at(None, 50, 50, 3), a=conv("x", 1), b=pool("a", 4), c=conv("x", 6, 4),
            sum=added("b", "c"), rows=reshaped("sum", 25, 8),
        ),
        "branches by 2 and by 3, scaled up": network(
            "keras", x=start_at(None, 50, 50, 3), a=pool("x", 2), b=pool("x", 3), c=up("a", 2), d=up("b", 3),
            sum=added("c", "d"),
        ),
        "branches by 2, 3 and 5, scaled up": network(
            "keras", x=start_at(None, 50, 70, 3), a=pool("x", 2), b=pool("x", 3), c=pool("x", 5), d=up("a", 2),
            e=up("b", 3), f=up("c", 5), sum=joined("d", "e", "f"),
        ),
    }  # fmt: skip


def main() -> None:
    """Print the comparison."""
    rows = []
    for name, made in problems().items():
        entries = [node for node in made if node.kind == "input"]
        tried = _measured(lambda made=made: _tried(made))  # type: ignore[misc]
        solver = _measured(lambda made=made, entries=entries: entry_sizes(made, entries))  # type: ignore[misc]
        both = _measured(lambda made=made, entries=entries: _tried(made) or entry_sizes(made, entries))  # type: ignore[misc]
        rows.append((name, *(cell for answer, ms in (tried, solver, both) for cell in (_said(answer), ms))))
    print(lines(("what is coupled", "tried", "ms", "solver", "ms", "both", "ms"), rows))


def _tried(made: Network) -> Network | None:
    """The network with the likeliest size that the moves at the entry try and that leaves no fault."""
    frame = start(made)
    case = Case(frame, frame.all_faults()[0], PROFILES["human"], made)
    moves = sorted(entries(case), key=lambda move: move.human)
    frames = (advance(frame, move.edits) for move in moves)
    return next((after.network for after in frames if after is not None and not after.all_faults()), None)


def _measured(run: Callable[[], Any]) -> tuple[Any, float]:
    """What it returns, and the shortest of three times in milliseconds."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        answer = run()
        times.append((time.process_time() - begun) * 1000)
    return answer, min(times)


def _said(answer: Network | Answer | None) -> str:
    """The sizes of the entries, or why there are none."""
    match answer:
        case Solution():
            return _said(answer.network)
        case Network():
            return ", ".join(_size(node.args["shape"]) for node in answer if node.kind == "input")
        case Unsat():
            return "proved: none"
        case Unknown():
            return f"unknown: {answer.reason}"
    return "none found"


def _size(shape: Sequence[int | None]) -> str:
    return "x".join(str(size) for size in shape[1:])


if __name__ == "__main__":
    main()
