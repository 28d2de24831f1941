"""Small networks around one module each, with a value that fits and values that break it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

Build = Callable[[Any], nn.Module]


@dataclass(frozen=True)
class Case:
    """A network around one module. ``build(value)`` makes it: with ``right`` PyTorch runs it, with ``wrong`` not.

    ``inputs`` are shapes; ``whole`` says which inputs hold whole numbers, below 4.
    """

    name: str
    build: Build
    right: Any
    wrong: tuple[Any, ...]
    inputs: tuple[tuple[int, ...], ...]
    whole: tuple[int, ...] = ()

    def tensors(self) -> list[torch.Tensor]:
        """Inputs that the module takes."""
        return [
            torch.randint(0, 4, shape) if number in self.whole else torch.rand(shape)
            for number, shape in enumerate(self.inputs)
        ]

    def run(self, net: nn.Module) -> Any:
        """Run a network forward."""
        torch.manual_seed(2)
        return net(*self.tensors())

    @property
    def input_shape(self) -> Any:
        """The shapes as ``fix`` takes them."""
        return self.inputs[0] if len(self.inputs) == 1 else list(self.inputs)


class Call(nn.Module):
    """Layers in a row in front of one module that takes several tensors; further inputs are passed on to it."""

    def __init__(self, module: nn.Module, *before: nn.Module, pick: int | None = None, after: Any = None) -> None:
        super().__init__()
        self.before = nn.Sequential(*before)
        self.module = module
        self.after = after
        self.pick = pick

    def forward(self, x: Any, y: Any) -> Any:
        result = self.module(self.before(x), y)
        result = result if self.pick is None else result[self.pick]
        return result if self.after is None else self.after(result)


class CallThree(nn.Module):
    """The same with three inputs."""

    def __init__(self, module: nn.Module, *before: nn.Module) -> None:
        super().__init__()
        self.before = nn.Sequential(*before)
        self.module = module

    def forward(self, x: Any, y: Any, z: Any) -> Any:
        return self.module(self.before(x), y, z)


class CallFour(nn.Module):
    """The same with four inputs."""

    def __init__(self, module: nn.Module, *before: nn.Module) -> None:
        super().__init__()
        self.before = nn.Sequential(*before)
        self.module = module

    def forward(self, x: Any, y: Any, z: Any, w: Any) -> Any:
        return self.module(self.before(x), y, z, w)


class Tell(nn.Module):
    """A recurrent layer, its sequence's last step, and a head; ``steps`` is the axis of steps."""

    def __init__(self, recurrent: nn.Module, head: nn.Module, steps: int = 1) -> None:
        super().__init__()
        self.recurrent = recurrent
        self.head = head
        self.steps = steps

    def forward(self, x: Any) -> Any:
        out, _ = self.recurrent(x)
        return self.head(out[:, -1] if self.steps == 1 else out[-1])


class Cell(nn.Module):
    """A recurrent cell run over the steps of a sequence."""

    def __init__(self, cell: nn.Module, head: nn.Module, states: int = 1) -> None:
        super().__init__()
        self.cell = cell
        self.head = head
        self.states = states

    def forward(self, x: Any, h: Any) -> Any:
        for step in range(3):
            if self.states == 2:
                h, _ = self.cell(x[:, step], (h, h))
            else:
                h = self.cell(x[:, step], h)
        return self.head(h)


class Attend(nn.Module):
    """Self-attention with a projection in front and a head behind."""

    def __init__(self, front: nn.Module, attention: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.front = front
        self.attention = attention
        self.head = head

    def forward(self, x: Any) -> Any:
        x = self.front(x)
        out, _ = self.attention(x, x, x)
        return self.head(out)


class Unpool(nn.Module):
    """Pooling that keeps its places, a convolution, and the way back."""

    def __init__(self, pool: nn.Module, conv: nn.Module, unpool: nn.Module) -> None:
        super().__init__()
        self.pool = pool
        self.conv = conv
        self.unpool = unpool

    def forward(self, x: Any) -> Any:
        x, places = self.pool(x)
        return self.unpool(self.conv(x), places)


class Listed(nn.Module):
    """Layers from a list, one after the other."""

    def __init__(self, sizes: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(n, m) for n, m in sizes)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = torch.relu(layer(x))
        return x


class Named(nn.Module):
    """Layers from a dict, by name."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.layers = nn.ModuleDict({"first": nn.Linear(6, 8), "second": nn.Linear(size, 2)})

    def forward(self, x: Any) -> Any:
        return self.layers["second"](torch.relu(self.layers["first"](x)))


class Scaled(nn.Module):
    """Parameters in a list or a dict between two layers."""

    def __init__(self, parameters: nn.Module, key: Any, size: int) -> None:
        super().__init__()
        self.first = nn.Linear(6, 8)
        self.scales = parameters
        self.key = key
        self.second = nn.Linear(size, 2)

    def forward(self, x: Any) -> Any:
        return self.second(self.first(x) * self.scales[self.key])


def row(*layers: nn.Module) -> nn.Module:
    """Layers one after the other."""
    return nn.Sequential(*layers)
