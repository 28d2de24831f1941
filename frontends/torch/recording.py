"""Reading a module by running its ``forward`` on tensors that have a shape and no values.

For modules that symbolic tracing cannot follow: sizes are numbers here, so that control flow on shapes is followed as
it goes for the given shapes. Where a layer refuses its input, the semantics says what it would have returned, and the
run goes on with that. Control flow that hangs on the numbers in a tensor ends it: it is named, and nothing behind is
read.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from repairnn.frontends.torch.copying import valueless
from repairnn.frontends.torch.opaque import no_values
from repairnn.frontends.torch.reader import Reader
from repairnn.frontends.torch.running import arguments
from repairnn.frontends.torch.sizes import Size, Sizes, plain_numbers
from repairnn.frontends.torch.tracing import is_leaf
from repairnn.semantics.ir import Ref, Shape

#: What asks a tensor for its numbers.
ASKING = frozenset({"item", "tolist", "__bool__", "__int__", "__float__", "__index__", "__complex__", "numpy",
                    "__contains__", "is_nonzero", "__array__"})  # fmt: skip


class ValuesNeededError(Exception):
    """The program asks for the numbers in a tensor; ``place`` is where."""

    def __init__(self, what: str, place: str) -> None:
        super().__init__(what, place)
        self.what = what
        self.place = place


def record(module: Any, shapes: Mapping[str, Shape], examples: Mapping[str, Any]) -> tuple[Reader, Any]:
    """Run ``forward`` once; what was read, and its steps as a graph.

    ``shapes`` has the full shape of each input; ``examples`` what is known of them beyond that: tensors (for their
    type), or values that are no tensors and are passed on. What ends the run is told in ``Reader.incomplete``.
    """
    import torch

    graph = torch.fx.Graph()
    kinds = {name: getattr(value, "dtype", None) for name, value in examples.items()}
    whole = frozenset(name for name, kind in kinds.items() if kind is not None and not kind.is_floating_point)
    with ExitStack() as stack:
        module = valueless(module, stack.enter_context(no_values()))
        recorder = _Recorder(torch, module, graph, Reader(module, shapes, whole))
        positional, keywords = recorder.inputs(shapes, examples)
        stack.enter_context(recorder.watching())
        try:
            result = module(*positional, **keywords)
            recorder.finish(result)
        except ValuesNeededError as error:
            recorder.reader.incomplete.append((f"control flow that depends on {error.what}, {error.place}", None))
        except Exception as error:  # whatever the user's forward raises
            told = " ".join(str(error).split())[:160] or type(error).__name__
            recorder.reader.incomplete.append((f"forward raises {type(error).__name__}, {_place()}: {told}", None))
    return recorder.reader, graph


class _Recorder:
    """Notes every call of a tensor operation or of a module of PyTorch as a step, and reads it at once."""

    def __init__(self, torch: Any, root: Any, graph: Any, reader: Reader) -> None:
        self.torch = torch
        self.root = root
        self.graph = graph
        self.reader = reader
        self.steps: dict[int, tuple[Any, Any]] = {}
        self.inside = False
        self.paths = {id(part): name for name, part in reversed(list(root.named_modules(remove_duplicate=False)))}

    def inputs(self, shapes: Mapping[str, Shape], examples: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of the run, each tensor with its placeholder."""
        positional, keywords = arguments(self.torch, self.root, shapes, examples, frozenset())
        tensors = [*positional, *(value for name, value in keywords.items() if name in shapes)]
        names = [*[name for name in shapes if name not in keywords], *(name for name in keywords if name in shapes)]
        for name, tensor in zip(names, tensors, strict=True):
            self._add(tensor, self.graph.placeholder(name))
        return positional, keywords

    def watching(self) -> Any:
        """The context in which calls are noted."""
        stack = ExitStack()
        stack.enter_context(_mode(self))
        kind = self.torch.nn.Module
        plain = kind.__call__

        def call(module: Any, *args: Any, **keywords: Any) -> Any:
            if self.inside or id(module) not in self.paths or not is_leaf(module):
                return plain(module, *args, **keywords)
            target = self.paths[id(module)]
            run = None if _lazy(module) else (lambda *a, **k: plain(module, *a, **k))
            return self.step("call_module", target, run, args, keywords)

        kind.__call__ = call
        stack.callback(setattr, kind, "__call__", plain)
        return stack

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """Calls of our own, and those inside of what is noted as one, are not noted."""
        before, self.inside = self.inside, True
        try:
            yield
        finally:
            self.inside = before

    def finish(self, result: Any) -> None:
        """The returned tensors are the outputs."""
        found = [step for step in self._returned(result) if step is not None]
        self.reader.read(self.graph.output(tuple(found)))

    def _returned(self, value: Any) -> list[Any]:
        if isinstance(value, self.torch.Tensor):
            return [self._written(value)]
        if isinstance(value, Mapping):
            return [step for part in value.values() for step in self._returned(part)]
        if isinstance(value, (tuple, list)):
            return [step for part in value for step in self._returned(part)]
        held = getattr(value, "__dict__", None)
        return self._returned(held) if isinstance(held, dict) and not isinstance(value, type) else []

    def step(self, op: str, target: Any, run: Callable[..., Any] | None, args: Any, keywords: Any) -> Any:
        """Note a call and give its result: what PyTorch returns, or where it refuses, what the semantics says."""
        result = refusal = None
        if run is not None:
            try:
                with self.unwatched():
                    result = run(*plain_numbers(args), **plain_numbers(keywords))
            except Exception as error:  # whatever PyTorch raises, the semantics is asked in its place
                refusal = error
            if refusal is None and not self._has_tensor(result):
                return result
        step = self._noted(op, target, self._written(tuple(args)), self._written(dict(keywords)))
        if result is None:
            result = self._predicted(self.reader.values[step], args, refusal)
        self._add(result, step)
        return result

    def _predicted(self, value: Any, args: Any, refusal: Exception | None) -> Any:
        if isinstance(value, tuple):
            return tuple(self._predicted(part, args, refusal) for part in value)
        shape = self.reader.shape(value) if isinstance(value, Ref) else None
        if shape is None or any(not isinstance(dim, int) or dim < 0 for dim in shape):
            kind = type(refusal).__name__
            if "DataDependent" in kind or "DynamicOutput" in kind or "Unbacked" in str(refusal):
                raise ValuesNeededError("the numbers in a tensor", _place())
            raise refusal or RuntimeError("what a module returns is not known")
        like = next((arg for arg in args if isinstance(arg, self.torch.Tensor) and arg.is_floating_point()), None)
        with self.unwatched():
            return self.torch.empty(shape, dtype=None if like is None else like.dtype)

    def _add(self, result: Any, step: Any) -> None:
        """Remember which step each tensor of a result comes from."""
        if step not in self.reader.values:
            with self.unwatched():
                self.reader.read(step)
        if isinstance(result, self.torch.Tensor):
            self.steps[id(result)] = (result, step)
        elif isinstance(result, (tuple, list)):
            for number, part in enumerate(result):
                if self._has_tensor(part):
                    self._add(part, self.graph.call_function(operator.getitem, (step, number)))

    def _has_tensor(self, value: Any) -> bool:
        if isinstance(value, (tuple, list)):
            return any(self._has_tensor(part) for part in value)
        return isinstance(value, self.torch.Tensor)

    def _written(self, value: Any) -> Any:
        """A value as the steps of a graph hold it: steps in place of tensors."""
        if isinstance(value, self.torch.Tensor):
            known = self.steps.get(id(value))
            return known[1] if known is not None else self._constant(value)
        if isinstance(value, Size):
            return value.step
        if isinstance(value, dict):
            return {key: self._written(part) for key, part in value.items()}
        if isinstance(value, (tuple, list)):
            return tuple(self._written(part) for part in value)
        if isinstance(value, slice):
            return slice(*(self._written(part) for part in (value.start, value.stop, value.step)))
        return value

    def _constant(self, value: Any) -> Any:
        """A parameter, a buffer, or a tensor that the module holds in another way."""
        held = [*self.root.named_parameters(), *self.root.named_buffers()]
        name = next((name for name, other in held if other is value), None)
        if name is None:
            name = f"_constant_{len(self.steps)}"
            vars(self.root)[name] = value
        step = self.graph.create_node("get_attr", name)
        self._add(value, step)
        return step

    def call(self, function: Any, args: Any, keywords: Any) -> Any:
        """One tensor operation of the program."""
        name = getattr(function, "__name__", str(function))
        if name == "__get__":
            return self._property(function, args, keywords)
        if name in ASKING:
            raise ValuesNeededError("the numbers in a tensor", _place())
        first: Any = args[0] if args else None
        if name == "__len__" and first.dim():
            return int(first.shape[0])
        if name == "size" and id(first) in self.steps:
            sizes = self._sizes(first)
            axis = args[1] if len(args) > 1 else keywords.get("dim")
            return sizes if axis is None else sizes[axis]
        if name in ("__iter__", "unbind") and id(first) in self.steps and len(args) == 1 and not keywords:
            rows = [self.call(self.torch.Tensor.__getitem__, (first, number), {}) for number in range(len(first))]
            return iter(rows) if name == "__iter__" else tuple(rows)
        if getattr(self.torch.Tensor, name, None) is function:
            return self.step("call_method", name, function, args, keywords)
        return self.step("call_function", function, function, args, keywords)

    def _property(self, function: Any, args: Any, keywords: Any) -> Any:
        name = getattr(getattr(function, "__self__", None), "__name__", "")
        if name == "shape" and id(args[0]) in self.steps:
            return self._sizes(args[0])
        with self.unwatched():
            result = function(*args, **keywords)
        if isinstance(result, self.torch.Tensor) and id(args[0]) in self.steps:
            step = self.graph.call_function(getattr, (self.steps[id(args[0])][1], name))
            self._add(result, step)
        return result

    def _sizes(self, tensor: Any) -> Any:
        with self.unwatched():
            sizes = tuple(tensor.shape)
        source = self.steps[id(tensor)][1]

        def noted(axis: int) -> Callable[[], Any]:
            return lambda: self._noted("call_method", "size", (source, axis))

        return Sizes(Size(size, noted(axis), self._arithmetic) for axis, size in enumerate(sizes))

    def _noted(self, op: str, target: Any, args: tuple[Any, ...], keywords: Mapping[str, Any] | None = None) -> Any:
        step = self.graph.create_node(op, target, args, dict(keywords or {}))
        with self.unwatched():
            self.reader.read(step)
        return step

    def _arithmetic(self, function: Any, left: Any, right: Any) -> Any:
        return self._noted("call_function", function, (left, right))


def _mode(recorder: _Recorder) -> Any:
    from torch.overrides import TorchFunctionMode

    class Watch(TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if recorder.inside:
                return function(*args, **(kwargs or {}))
            return recorder.call(function, args, kwargs or {})

    return Watch()


def _lazy(module: Any) -> bool:
    from torch.nn.parameter import is_lazy

    return any(is_lazy(value) for value in (*module.parameters(), *module.buffers()))


def _place() -> str:
    """Where the program is, or was when an exception left it: the innermost place outside of PyTorch and of here."""
    places: list[tuple[str, int, str]] = []
    trace = sys.exc_info()[2]
    while trace is not None:
        places.insert(0, (trace.tb_frame.f_code.co_filename, trace.tb_lineno, trace.tb_frame.f_code.co_name))
        trace = trace.tb_next
    frame: Any = sys._getframe(1)
    while frame is not None:
        places.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
        frame = frame.f_back
    inner = (str(Path(sys.modules["torch"].__file__ or "").parent), str(Path(__file__).parent))
    file, line, name = next((place for place in places if not place[0].startswith(inner)), ("", 0, "forward"))
    return f"in {name} ({Path(file).name}:{line})"
