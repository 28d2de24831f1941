"""torchvision's classifiers: each stage stands as one convolution that does to a shape what the stage does.

Sources: the model pages of torchvision (widths, strides, heads). Programs replace heads
(``model.fc = nn.Linear(512, 2)``), first convolutions,
or cut the model apart (``list(model.children())[:-1]``); all of that works on these stand-ins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.library import family
from repairnn.frontends.source.torch.drawing import known_as, trace
from repairnn.frontends.source.torch.entry import applied_inside, made
from repairnn.frontends.source.torch.layers import construct
from repairnn.frontends.source.torch.values import Backbone, Container, Layer, Tensor
from repairnn.frontends.source.values import Known, Unknown, Value, wrap

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

RESNETS = {
    "resnet18": 1, "resnet34": 1, "resnet50": 4, "resnet101": 4, "resnet152": 4, "resnext50_32x4d": 4,
    "resnext101_32x8d": 4, "resnext101_64x4d": 4, "wide_resnet50_2": 4, "wide_resnet101_2": 4,
}  # fmt: skip
VGGS = {
    "vgg11": (1, 1, 2, 2, 2), "vgg13": (2, 2, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4),
}  # fmt: skip
#: Features in front of a classifier ``Sequential(Dropout, Linear)``.
MOBILE = {
    "mobilenet_v2": 1280, "efficientnet_b0": 1280, "efficientnet_b1": 1280, "efficientnet_b2": 1408,
    "efficientnet_b3": 1536,
    "efficientnet_b4": 1792, "efficientnet_b5": 2048, "efficientnet_b6": 2304, "efficientnet_b7": 2560,
    "efficientnet_v2_s": 1280, "efficientnet_v2_m": 1280, "efficientnet_v2_l": 1280,
}  # fmt: skip
DENSE = {"densenet121": 1024, "densenet169": 1664, "densenet201": 1920, "densenet161": 2208}
PLAIN = {"shufflenet_v2_x1_0": 1024, "shufflenet_v2_x0_5": 1024, "regnet_y_400mf": 440, "googlenet": 1024}


@family("torchvision.models.")
def torchvision_model(machine: Machine, path: str, call: Call) -> Value | None:
    """``models.resnet18(pretrained=True)``."""
    name = path.rpartition(".")[2]
    if path.removeprefix("torchvision.models.").partition(".")[0] in ("detection", "segmentation", "video"):
        return None
    return backbone(machine, name, call)


def backbone(machine: Machine, name: str, call: Call) -> Value | None:
    """A published model by name; ``None`` when its widths are not in the tables."""
    classes = call.get(None, "num_classes")
    count = classes.value if isinstance(classes, Known) and isinstance(classes.value, int) else 1000
    children = _children(machine, name, count)
    if children is None:
        return None
    memory = trace(machine)
    memory.identities += 1
    head = list(children)[-1]
    model = Backbone(name, f"{name}-{memory.identities}", name, 0, head, children, span=call.span)
    made(machine, model)
    return model


def _children(machine: Machine, name: str, classes: int) -> dict[str, Value] | None:
    def layer(kind: str, *args: Any, **keywords: Any) -> Layer:
        given = {key: Argument(wrap(value)) for key, value in keywords.items()}
        return construct(machine, kind, Call(tuple(Argument(wrap(value)) for value in args), given))

    if name in RESNETS:
        return _resnet(layer, RESNETS[name], classes)
    if name.removesuffix("_bn") in VGGS:
        return _vgg(layer, VGGS[name.removesuffix("_bn")], name.endswith("_bn"), classes)
    if name == "alexnet":
        return _alexnet(layer, classes)
    if name in MOBILE:
        features = _sequence(_halvings(layer, MOBILE[name]))
        head = _sequence([layer("Dropout", 0.2), layer("Linear", MOBILE[name], classes)])
        pool = {} if name == "mobilenet_v2" else {"avgpool": layer("AdaptiveAvgPool2d", 1)}
        return {"features": features, **pool, "classifier": head}
    if name in DENSE:
        stem = [layer("Conv2d", 3, 64, 7, 2, 3), layer("MaxPool2d", 3, 2, 1)]
        body = [layer("Conv2d", 64, DENSE[name], 1), *(layer("AvgPool2d", 2, 2) for _ in range(3))]
        return {"features": _sequence([*stem, *body]), "classifier": layer("Linear", DENSE[name], classes)}
    if name in PLAIN:
        return {"features": _sequence(_halvings(layer, PLAIN[name])), "avgpool": layer("AdaptiveAvgPool2d", 1),
                "fc": layer("Linear", PLAIN[name], classes)}  # fmt: skip
    return None


Maker = Callable[..., Layer]


def _sequence(layers: list[Layer]) -> Container:
    return Container("Sequential", {str(index): layer for index, layer in enumerate(layers)})


def _halvings(layer: Maker, width: int) -> list[Layer]:
    return [layer("Conv2d", 3, width, 3, 2, 1), *(layer("Conv2d", width, width, 3, 2, 1) for _ in range(4))]


def _resnet(layer: Maker, expansion: int, classes: int) -> dict[str, Value]:
    children: dict[str, Value] = {
        "conv1": layer("Conv2d", 3, 64, kernel_size=7, stride=2, padding=3, bias=False),
        "bn1": layer("BatchNorm2d", 64),
        "relu": layer("ReLU"),
        "maxpool": layer("MaxPool2d", kernel_size=3, stride=2, padding=1),
    }
    width = 64
    for stage, planes in enumerate((64, 128, 256, 512)):
        out = planes * expansion
        children[f"layer{stage + 1}"] = layer("Conv2d", width, out, 3, 1 if stage == 0 else 2, 1)
        width = out
    children["avgpool"] = layer("AdaptiveAvgPool2d", 1)
    children["fc"] = layer("Linear", width, classes)
    return children


def _vgg(layer: Maker, depths: tuple[int, ...], norm: bool, classes: int) -> dict[str, Value]:
    layers, width = [], 3
    for depth, out in zip(depths, (64, 128, 256, 512, 512), strict=True):
        for _ in range(depth):
            layers.append(layer("Conv2d", width, out, 3, padding=1))
            layers.extend([layer("BatchNorm2d", out)] if norm else [])
            layers.append(layer("ReLU"))
            width = out
        layers.append(layer("MaxPool2d", 2, 2))
    head = [layer("Linear", 25088, 4096), layer("ReLU"), layer("Dropout"), layer("Linear", 4096, 4096), layer("ReLU"),
            layer("Dropout"), layer("Linear", 4096, classes)]  # fmt: skip
    return {"features": _sequence(layers), "avgpool": layer("AdaptiveAvgPool2d", 7), "classifier": _sequence(head)}


def _alexnet(layer: Maker, classes: int) -> dict[str, Value]:
    features = [layer("Conv2d", 3, 64, 11, 4, 2), layer("ReLU"), layer("MaxPool2d", 3, 2), layer("Conv2d", 64, 192,
                5, padding=2),
                layer("ReLU"), layer("MaxPool2d", 3, 2), layer("Conv2d", 192, 384, 3, padding=1), layer("ReLU"),
                layer("Conv2d", 384, 256, 3, padding=1), layer("ReLU"), layer("Conv2d", 256, 256, 3, padding=1),
                layer("ReLU"),
                layer("MaxPool2d", 3, 2)]  # fmt: skip
    head = [layer("Dropout"), layer("Linear", 9216, 4096), layer("ReLU"), layer("Dropout"), layer("Linear", 4096, 4096),
            layer("ReLU"), layer("Linear", 4096, classes)]  # fmt: skip
    return {"features": _sequence(features), "avgpool": layer("AdaptiveAvgPool2d", 6), "classifier": _sequence(head)}


def apply_backbone(machine: Machine, model: Backbone, call: Call) -> Value:
    """The model's stages one after the other, flattened before the head."""
    argument = call.argument(0, "x", "input")
    for name, child in model.children.items():
        if argument is None:
            break
        if name == model.head:
            pooled = "avgpool" in model.children
            argument = Argument(_flattened(machine, argument.value, pooled, call))
        value = applied_inside(machine, child, Call((argument,), {}, call.span, None), None)
        argument = Argument(value)
    return argument.value if argument is not None else Unknown(model.name)


def _flattened(machine: Machine, value: Value, pooled: bool, call: Call) -> Value:
    from repairnn.frontends.source.torch.functions import call_declared

    if not isinstance(value, Tensor):
        return value
    if not pooled:
        found = known_as("adaptive_avg_pool2d", "function")
        if found is not None:
            value = call_declared(machine, *found, Call.of(value, Known(1), span=call.span), "pool") or value
    found = known_as("flatten", "function")
    if found is None:
        return value
    return call_declared(machine, *found, Call.of(value, Known(1), span=call.span), "flatten") or value


def backbone_attribute(machine: Machine, model: Backbone, name: str) -> Value:
    """``model.fc``, ``model.children()``."""
    from repairnn.frontends.source.torch.modules import module_method

    if name in model.attributes:
        return model.attributes[name]
    if name in model.children:
        return model.children[name]
    return module_method(machine, model, name) or Unknown(f"{model.name}.{name}")
