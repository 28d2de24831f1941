"""From the steps of a traced module to the nodes of a network, one after the other, each judged as it is read."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from repairnn.frontends.torch.calls import bound_call, refs_of
from repairnn.frontends.torch.constructors import declared, module_arguments, name_of
from repairnn.frontends.torch.opaque import run_unknown
from repairnn.semantics.checker import Outputs, dim_reader, evaluate, shape_of
from repairnn.semantics.ir import NOWHERE, Arith, DimOf, Network, Node, Ref, Shape, Span, Written
from repairnn.semantics.registry import spelled

ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "floordiv": "//", "mod": "%"}
#: Methods that give the same tensor as far as shapes go.
SAME = frozenset({
    "contiguous", "detach", "clone", "float", "double", "half", "bfloat16", "to", "type", "type_as", "cpu", "cuda",
    "requires_grad_", "long", "int", "bool", "pin_memory", "detach_", "retain_grad",
})  # fmt: skip
#: Calls that check something and give nothing.
SILENT = frozenset({"_assert", "_assert_is_none", "setitem", "__setitem__"})
#: Kinds that return a sequence, though it be of one tensor.
SEVERAL = frozenset({"split", "unstack"})
STEPWISE = ("RNN", "GRU", "LSTM")
#: An input whose shape the program does not give and an edit cannot change.
GIVEN = Written(fixed=frozenset({"shape"}))
#: A parameter of the module's own, which can be made in another shape; there is no text that says it.
OWN = Written(arguments={"shape": Span(0, 0, 0, 0)})


@dataclass(frozen=True)
class ShapeOf:
    """What ``x.shape`` and ``x.size()`` stand for while a module is read."""

    ref: Ref


class Reader:
    """Goes through steps in order; ``values`` holds what each stands for, ``shapes`` what comes out of each node."""

    def __init__(self, root: Any, shapes: Mapping[str, Shape | None], whole: frozenset[str] = frozenset()) -> None:
        """``whole`` names inputs that are known to hold whole numbers."""
        self.root = root
        self.names_of_whole = whole
        self.whole: set[str] = set()
        self.given = shapes
        self.nodes: dict[str, Node] = {}
        self.shapes: dict[str, Outputs] = {}
        self.values: dict[Any, Any] = {}
        self.outputs: list[Ref] = []
        self.faulty: set[str] = set()
        self.incomplete: list[tuple[str, Span | None]] = []

    def network(self, name: str, origin: Any) -> Network:
        """What was read so far."""
        outputs = tuple(self.outputs)
        return Network("torch", self.nodes, outputs, name, None, tuple(self.incomplete), origin)

    def shape(self, ref: Ref) -> Shape | None:
        """The shape of a tensor, as far as known."""
        return shape_of(self.shapes, ref)

    def read(self, step: Any) -> None:
        """Give one step its value."""
        args = [self._value(item) for item in step.args]
        keywords = {key: self._value(item) for key, item in step.kwargs.items()}
        match step.op:
            case "placeholder":
                self.values[step] = self._input(step)
            case "call_module":
                self.values[step] = self._module(step, args, keywords)
            case "call_function":
                self.values[step] = self._function(step, args, keywords)
            case "call_method":
                self.values[step] = self._method(step, args, keywords)
            case "get_attr":
                self.values[step] = self._attribute(step)
            case "output":
                self.outputs = refs_of(args)

    def _value(self, item: Any) -> Any:
        if isinstance(item, dict):
            return {key: self._value(part) for key, part in item.items()}
        if isinstance(item, (list, tuple)):
            return tuple(self._value(part) for part in item)
        if isinstance(item, slice):
            return slice(*(self._value(part) for part in (item.start, item.stop, item.step)))
        return self.values.get(item) if type(item).__module__ == "torch.fx.node" else item

    def _input(self, step: Any) -> Any:
        name = str(step.target).lstrip("*")
        if name not in self.given:
            return step.args[0] if step.args else None
        shape = self.given[name]
        if name in self.names_of_whole:
            self.whole.add(step.name)
        if shape is None:
            self.incomplete.append((f"the shape of input {name}; input_shape gives it", None))
        return self._add(step, "input", {"shape": shape}, [], "", name, written=GIVEN)

    def _module(self, step: Any, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        module = self.root.get_submodule(step.target)
        found = declared(module)
        if found is None:
            return self._unknown(step, name_of(module), args, keywords)
        declaration, spelling = found
        settings = module_arguments(module, spelling, declaration)
        refs = self._inputs_of(spelling.name, args, keywords, declaration.inputs[1])
        if refs is None:
            return self._unknown(step, spelling.name, args, keywords)
        if spelling.name == "MultiheadAttention":
            settings |= {k: v for k, v in keywords.items() if k in ("need_weights", "average_attn_weights")}
        name, layer = str(step.target) or spelling.name, str(step.target) or "module"
        first = self._add(step, declaration.kind, settings, refs, spelling.name, name, layer)
        parts = self._outputs(first)
        if spelling.name in STEPWISE and isinstance(parts, tuple):
            return (parts[0], parts[1:] if len(parts) > 2 else parts[1])
        return parts

    def _inputs_of(
        self, name: str, args: Sequence[Any], keywords: Mapping[str, Any], most: int | None
    ) -> list[Ref] | None:
        """The tensors that a module is applied to, without the masks that change no shape."""
        refs = refs_of([*args, keywords])
        if name == "MultiheadAttention":
            return refs[:3]
        if name.startswith("Transformer"):
            masks = [keywords.get("mask", keywords.get("src_mask")), *args[1:2]] if "Encoder" in name else []
            return refs[:1] + refs_of(masks)[:1] if "Encoder" in name else refs[:2]
        sized = "output_size" in keywords or (name.startswith("ConvTranspose") and len(args) > 1)
        return None if sized or (most is not None and len(refs) > most) else refs

    def _function(self, step: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
        name = getattr(step.target, "__name__", str(step.target))
        if name in SILENT:
            return None
        if step.target is getattr:
            return self._property(step, args)
        if step.target is operator.getitem and not isinstance(args[0], Ref):
            return self._item(args[0], args[1])
        if name in ARITHMETIC and not refs_of(args):
            left, right = args
            if isinstance(left, (int, DimOf, Arith)) and isinstance(right, (int, DimOf, Arith)):
                return Arith(ARITHMETIC[name], left, right)
            return None
        return self._call(step, name, "function", args, keywords)

    def _property(self, step: Any, args: Sequence[Any]) -> Any:
        if args[1] == "shape":
            return ShapeOf(args[0])
        if args[1] in ("T", "mT", "H", "mH") and isinstance(args[0], Ref):
            shape = self.shape(args[0])
            axes = (-2, -1) if args[1] != "T" or shape is None or len(shape) > 2 else (0, 1)
            return args[0] if shape is not None and len(shape) < 2 else self._call(
                step, "transpose", "method", [args[0], *axes], {})  # fmt: skip
        if args[1] in ("data", "real") and isinstance(args[0], Ref):
            return args[0]
        if args[1] in ("ndim", "device", "dtype", "is_cuda", "requires_grad", "layout"):
            shape = self.shape(args[0]) if args[1] == "ndim" and isinstance(args[0], Ref) else None
            return None if shape is None else len(shape)
        return None

    def _method(self, step: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
        if step.target == "size":
            axis = args[1] if len(args) > 1 else keywords.get("dim")
            return ShapeOf(args[0]) if axis is None else DimOf(args[0], axis)
        if step.target in ("dim", "ndimension"):
            shape = self.shape(args[0])
            return None if shape is None else len(shape)
        if step.target in SILENT:
            return None
        if step.target in SAME:
            return args[0]
        if step.target in ("view_as", "reshape_as", "expand_as") and len(refs_of(args)) == 2:
            shape = self.shape(args[1])
            if shape is not None:
                sizes = tuple(DimOf(args[1], axis) for axis in range(len(shape)))
                plain = step.target.removesuffix("_as")
                return self._call(step, plain, "method", [args[0], *sizes], {})
        return self._call(step, step.target, "method", args, keywords)

    def _item(self, value: Any, index: Any) -> Any:
        if isinstance(value, ShapeOf):
            return self._dimension(value.ref, index)
        try:
            return value[index] if isinstance(value, (tuple, dict)) else None
        except (IndexError, KeyError, TypeError):
            return None

    def _dimension(self, ref: Ref, index: Any) -> Any:
        if isinstance(index, int):
            return DimOf(ref, index)
        shape = self.shape(ref)
        if shape is None or not isinstance(index, slice):
            return None
        return tuple(DimOf(ref, axis) for axis in range(len(shape))[index])

    def _call(self, step: Any, name: str, form: str, args: list[Any], keywords: dict[str, Any]) -> Any:
        args = [self._whole(value) for value in args]
        keywords = {key: self._whole(value) for key, value in keywords.items()}
        found = spelled("torch", name, form) or spelled("torch", name, "method" if form == "function" else "function")
        if found is None:
            return self._unknown(step, name, args, keywords)
        declaration, spelling = found
        bound = bound_call(spelling, declaration, args, keywords, self.shape)
        most = declaration.inputs[1]
        if most == 0:  # a new tensor, of the type of one that is there
            bound.tensors.clear()
        if bound.args is None or (most is not None and len(bound.tensors) > most):
            return self._unknown(step, name, args, keywords)
        if len(bound.tensors) < declaration.inputs[0]:  # the other operand is a number
            return bound.tensors[0] if len(bound.tensors) == 1 else self._unknown(step, name, args, keywords)
        settings = self._behind_batch(bound.args, bound.tensors) if declaration.kind == "reshape" else bound.args
        first = self._add(step, declaration.kind, settings, bound.tensors, spelling.name, step.name)
        return self._outputs(first)

    def _behind_batch(self, args: dict[str, Any], tensors: list[Ref]) -> dict[str, Any]:
        """``x.view(x.size(0), -1)``: the target without the batch, which stays what it is."""
        target = args.get("target_shape")
        shape = self.shape(tensors[0])
        if not isinstance(target, tuple) or len(target) < 2 or not shape or not isinstance(target[0], DimOf):
            return args
        other = self.shape(target[0].ref)
        if target[0].axis != 0 or not other or other[0] is None or other[0] != shape[0]:
            return args
        return {**args, "target_shape": target[1:], "batch_included": False}

    def _whole(self, value: Any) -> Any:
        """``x.shape`` as sizes, where its length is known."""
        if not isinstance(value, ShapeOf):
            return value
        shape = self.shape(value.ref)
        return None if shape is None else tuple(DimOf(value.ref, axis) for axis in range(len(shape)))

    def _outputs(self, first: Ref) -> Any:
        """What a node returns: a tensor, or several."""
        count = len(self.shapes[first.node])
        many = count > 1 or self.nodes[first.node].kind in SEVERAL
        return tuple(Ref(first.node, number) for number in range(count)) if many else first

    def _attribute(self, step: Any) -> Any:
        found: Any = self.root
        for part in step.target.split("."):
            found = getattr(found, part)
        if not hasattr(found, "shape"):
            return None
        own = type(found).__name__ == "Parameter"
        written = OWN if own else GIVEN
        return self._add(step, "data", {"shape": tuple(found.shape)}, [], "", step.target, written=written)

    def _unknown(self, step: Any, spelling: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        """An operation that nobody declared: PyTorch says what comes out, where all that comes in is known."""
        refs = refs_of([*args, keywords])
        known = run_unknown(self.root, step, self.values, self.shape)
        if known is None:
            self.incomplete.append((f"{spelling} {step.name}", None))
            return self._add(
                step, "opaque", {}, refs, spelling, str(step.target) if step.op == "call_module" else step.name
            )
        shapes, form = known
        if not shapes:
            return form(None)
        first = self._add(step, "opaque", {"output_shapes": shapes}, refs, spelling, str(step.name))
        return form(first.node)

    def _add(
        self, step: Any, kind: str, args: Mapping[str, Any], refs: list[Ref], spelling: str, name: str,
        layer: str = "", written: Written = NOWHERE,
    ) -> Ref:  # fmt: skip
        if kind == "class_loss" and refs[1:] and refs[1].node in self.whole:
            args = {**args, "target": "indices"}
        node = Node(step.name, kind, dict(args), tuple(refs), spelling, str(name), layer, written=written)
        found = evaluate(node, [self.shape(ref) for ref in refs], "torch", dim_reader(self.shapes), not self.incomplete)
        if found.faults:
            self.faulty.add(step.name)
        self.nodes[step.name], self.shapes[step.name] = node, found.outputs
        return Ref(step.name)
