"""Functions that run a model on a shape or a tensor: summaries, profilers, exporters, tracers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.library import family, function
from repairnn.frontends.source.torch.drawing import UNREAD, draw, plain
from repairnn.frontends.source.torch.values import is_module
from repairnn.frontends.source.values import Known, Listing, Table, Unknown, Value

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: Functions that take shapes without the batch.
WITHOUT_BATCH = ("torchsummary.summary", "torchsummary.summary_string", "ptflops.get_model_complexity_info",
                 "pytorch_model_summary.summary_", "torchscan.summary", "modelsummary.summary_")  # fmt: skip


@function(*WITHOUT_BATCH)
def summary(machine: Machine, call: Call) -> Value:
    """``summary(model, (3, 32, 32))`` of torchsummary: the batch is added."""
    given = call.argument(1, "input_size", "input_res")
    return _run(machine, call, given, batch=True)


@function("torchinfo.summary", "torchstat.stat", "torchsummaryX.summary_")
def info(machine: Machine, call: Call) -> Value:
    """``summary(model, (1, 3, 32, 32))`` of torchinfo: the shape is complete. ``input_data`` are tensors."""
    tensors = call.get(None, "input_data")
    if tensors is not None:
        return _apply(machine, call, [tensors])
    return _run(machine, call, call.argument(1, "input_size"), batch=False)


def _run(machine: Machine, call: Call, given: Argument | None, batch: bool) -> Value:
    model = call.get(0, "model")
    if model is None or not is_module(model) or given is None:
        return Unknown("a summary")
    shapes = _shapes(given)
    inputs: list[Argument] = []
    for index, (shape, argument) in enumerate(shapes):
        whole = plain(shape)
        if whole is UNREAD or not isinstance(whole, tuple):
            return Unknown("a summary")
        full: Any = (2, *whole) if batch else whole  # torchsummary runs two samples
        site = Site(call.span, arguments={"shape": argument}, keywords={"shape": 1})
        tensor = draw(machine, "input", {"shape": full}, (), name="input", site=site, key=index)[0]
        inputs.append(Argument(tensor))
    return model.call(machine, Call(tuple(inputs), {}, call.span, call.node))


def _shapes(given: Argument) -> list[tuple[Value, Argument]]:
    value = given.value
    if isinstance(value, Listing) and value.items and all(isinstance(item, Listing) for item in value.items):
        return [(item, Argument(item, item.span)) for item in value.items]
    return [(value, given)]


@function("thop.profile", "torch.jit.trace", "torch.onnx.export", "torch.onnx._export", "pytorch_model_summary.summary",
          "torchsummaryX.summary", "torch.export.export", "fvcore.nn.FlopCountAnalysis", "torch.jit.trace_module_",
          "torch.onnx.dynamo_export", "modelsummary.summary", "torch.fx.experimental.proxy_tensor.make_fx_",
          "torchview.draw_graph", "calflops.calculate_flops_", "hiddenlayer.build_graph",
          "fvcore.nn.flop_count")  # fmt: skip
def on_tensors(machine: Machine, call: Call) -> Value:
    """``profile(model, inputs=(x,))`` and others that call the model with what they are given."""
    inputs = call.get(1, "inputs", "args", "example_inputs", "example_kwarg_inputs", "input_data")
    model = call.get(0, "model", "func", "mod")
    if inputs is not None:
        _apply(machine, call, [inputs])
    return model if model is not None else Unknown("a model")


def _apply(machine: Machine, call: Call, values: list[Value]) -> Value:
    model = call.get(0, "model", "func", "mod")
    if model is None or not is_module(model):
        return Unknown("a summary")
    flat: list[Value] = []
    for value in values:
        flat.extend(value.items if isinstance(value, Listing) else [value])
    if len(flat) == 1 and isinstance(flat[0], Table):
        keywords = {str(key): Argument(item) for key, (_, item) in flat[0].entries.items()}
        return model.call(machine, Call((), keywords, call.span, call.node))
    return model.call(machine, Call(tuple(Argument(value) for value in flat), {}, call.span, call.node))


@family("torch.utils.tensorboard.")
def board(machine: Machine, path: str, call: Call) -> Value | None:
    """A writer of logs."""
    return Unknown("a writer of logs")


@function("einops.rearrange_", "torchvision.utils.make_grid", "torchvision.utils.save_image")
def _pictures(machine: Machine, call: Call) -> Value:
    return Unknown("a picture")


__all__ = ["Known", "info", "on_tensors", "summary"]
