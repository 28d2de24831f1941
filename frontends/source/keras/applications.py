"""Ready-made backbones of ``keras.applications``: opaque layers whose output shape is a known fact.

Sizes were read off Keras 3.15 (``compute_output_shape`` and built models). Without the top a backbone halves height and
width five times; whether an odd size rounds up or down depends on how the family pads. Families that crop at the
borders have a formula of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Call
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.keras.arguments import full_shape
from repairnn.frontends.source.keras.layers import add_input, layer_name, tensors_of
from repairnn.frontends.source.keras.models import Functional
from repairnn.frontends.source.library import COMMON, family
from repairnn.frontends.source.models import Record, Tensor
from repairnn.frontends.source.values import Known, Object, Symbol, Unknown, Value
from repairnn.semantics.ir import Dim, Shape

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine


@dataclass(frozen=True)
class Backbone:
    """``channels`` of the last feature map, how odd sizes round (``floor``, ``ceil``, ``inception``), default size."""

    channels: int
    rounding: str = "ceil"
    size: int = 224


BACKBONES = {
    "VGG16": Backbone(512, "floor"), "VGG19": Backbone(512, "floor"),
    **{f"ResNet{n}{v}": Backbone(2048) for n in (50, 101, 152) for v in ("", "V2")},
    "MobileNet": Backbone(1024, "floor"), "MobileNetV2": Backbone(1280), "MobileNetV3Small": Backbone(576),
    "MobileNetV3Large": Backbone(960), "Xception": Backbone(2048, "ceil", 299),
    "InceptionV3": Backbone(2048, "inception", 299), "InceptionResNetV2": Backbone(1536, "inception", 299),
    "DenseNet121": Backbone(1024, "floor"), "DenseNet169": Backbone(1664, "floor"),
    "DenseNet201": Backbone(1920, "floor"), "NASNetMobile": Backbone(1056), "NASNetLarge": Backbone(4032, "ceil", 331),
    "EfficientNetB0": Backbone(1280), "EfficientNetB1": Backbone(1280, "ceil", 240),
    "EfficientNetB2": Backbone(1408, "ceil", 260), "EfficientNetB3": Backbone(1536, "ceil", 300),
    "EfficientNetB4": Backbone(1792, "ceil", 380), "EfficientNetB5": Backbone(2048, "ceil", 456),
    "EfficientNetB6": Backbone(2304, "ceil", 528), "EfficientNetB7": Backbone(2560, "ceil", 600),
    "EfficientNetV2B0": Backbone(1280), "EfficientNetV2B1": Backbone(1280, "ceil", 240),
    "EfficientNetV2B2": Backbone(1408, "ceil", 260), "EfficientNetV2B3": Backbone(1536, "ceil", 300),
    "EfficientNetV2S": Backbone(1280, "ceil", 384), "EfficientNetV2M": Backbone(1280, "ceil", 480),
    "EfficientNetV2L": Backbone(1280, "ceil", 480), "ConvNeXtTiny": Backbone(768, "floor"),
    "ConvNeXtSmall": Backbone(768, "floor"), "ConvNeXtBase": Backbone(1024, "floor"),
    "ConvNeXtLarge": Backbone(1536, "floor"), "ConvNeXtXLarge": Backbone(2048, "floor"),
}  # fmt: skip


COMMON.update({name: f"keras.applications.{name}" for name in BACKBONES})


def reduced(size: Dim, rounding: str) -> Dim:
    """Height or width after the backbone."""
    if size is None:
        return None
    if rounding == "inception":
        # Valid 3x3 windows with strides 2, 1, (same), 2, then 1, 2 and two more reductions of stride 2.
        size = (size - 3) // 2 + 1 - 2
        for _ in range(1):
            size = (size - 3) // 2 + 1
        size = (size - 2 - 3) // 2 + 1
        for _ in range(2):
            size = (size - 3) // 2 + 1
        return size if size > 0 else None
    for _ in range(5):
        size = size // 2 if rounding == "floor" else -(-size // 2)
    return size if size > 0 else None


@family("keras.applications.")
def backbone(machine: Machine, path: str, call: Call) -> Value | None:
    """``VGG16(include_top=False, input_shape=(224, 224, 3))``; ``preprocess_input`` keeps shapes."""
    name = path.rpartition(".")[2]
    if name == "preprocess_input":
        return call.get(0, "x") or Unknown("preprocess_input()")
    facts = BACKBONES.get(name)
    if facts is None:
        return Object(path) if name[:1].isupper() else None
    label, _ = layer_name(machine, name, call)
    record = Record(label, "keras", call.span)
    machine.records.append(record)
    record.inputs = [_input(machine, facts, label, call)]
    record.outputs = [_apply(machine, facts, label, name, call, record.inputs)]
    record.nested = True
    return Functional(record)


def _input(machine: Machine, facts: Backbone, label: str, call: Call) -> Any:
    given = call.get(2, "input_tensor")
    refs = tensors_of(machine, given) if given is not None else []
    if refs:
        return refs[0]
    argument = call.argument(3, "input_shape")
    top = _flag(call.get(0, "include_top"), True)
    size = facts.size if top else None
    shape: Shape | None = (None, size, size, 3) if top is not None else None
    unread = ""
    arguments = {}
    if argument is not None and not (isinstance(argument.value, Known) and argument.value.value is None):
        shape, unread = full_shape(argument.value, False)
        arguments = {"shape": argument}
    site = Site(call.span, None, arguments, {"shape": "input_shape"} if arguments else {})
    note = f"the input shape of {label}: {unread}" if unread else ""
    return add_input(machine, shape, f"{label}_input", site, note)


def _apply(machine: Machine, facts: Backbone, label: str, name: str, call: Call, inputs: Sequence[Any]) -> Any:
    shape = machine.graph.shape(inputs[0])
    known = output_shape(facts, shape, call)
    args = {"output_shapes": (known,)} if known is not None else {}
    return machine.graph.add(
        "opaque", args, inputs, "keras", spelling=name, name=label, layer=f"{label}@{machine.serial()}",
        site=Site(call.span), unread="" if known is not None else f"the output shape of {label}",
    )[0]  # fmt: skip


def output_shape(facts: Backbone, shape: Shape | None, call: Call) -> Shape | None:
    """What a backbone returns; ``None`` when a setting that decides it is not known."""
    top = _flag(call.get(0, "include_top"), True)
    pooling, alpha = call.get(None, "pooling"), call.get(None, "alpha")
    batch = shape[0] if shape else None
    if top is None or call.open or isinstance(pooling, (Unknown, Symbol)):
        return None
    if top:
        classes = call.get(None, "classes")
        number = classes.value if isinstance(classes, Known) else None if classes is not None else 1000
        return (batch, number)
    channels = None if alpha is not None and getattr(alpha, "value", None) not in (1, 1.0) else facts.channels
    if isinstance(pooling, Known) and pooling.value in ("avg", "max"):
        return (batch, channels)
    if shape is None or len(shape) != 4:
        return None
    return (batch, reduced(shape[1], facts.rounding), reduced(shape[2], facts.rounding), channels)


def _flag(value: Value | None, default: bool) -> bool | None:
    return default if value is None else value.truth()


__all__ = ["BACKBONES", "Backbone", "Tensor", "output_shape", "reduced"]
