"""Live modules as people write them: repaired in their own class, with everything else as it was."""

from __future__ import annotations

import copy
import io
import time
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402 - after the check that the extra is there
from torch.nn.utils import parametrizations  # noqa: E402

import repairnn  # noqa: E402
from tests.frontends_torch import special  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
TEXT = torch.long
#: Class, a size that does not fit, shapes, type of the inputs.
WRONG = [
    (special.FollowsShapes, 512, [(2, 3, 12, 12)], None),
    (special.AnyNumber, 8, [(4, 6), (4, 5)], None),
    (special.Optional, 9, [(4, 6), (4, 5)], None),
    (special.Optional, 9, [(4, 6)], None),
    (special.Shared, 6, [(4, 8)], None),
    (special.Tied, 9, [(3, 5)], TEXT),
    (special.Functions, 9, [(2, 3, 8, 8)], None),
    (special.Keeps, 9, [(4, 6)], None),
    (special.Steps, 7, [(4, 3, 6)], None),
    (special.Rows, 9, [(4, 3, 6)], None),
    (special.Masked, 9, [(2, 5, 8)], None),
    (special.Recomputed, 9, [(4, 6)], None),
    (special.Language, 12, [(2, 12)], TEXT),
    (special.UNet, 40, [(2, 3, 33, 33)], None),
    (special.ResNet, 512, [(2, 3, 64, 64)], None),
    (special.AsksValues, 9, [(4, 6)], None),
]


def _tensors(shapes: list[tuple[int, ...]], kind: Any) -> list[Any]:
    return [torch.randint(0, 4, shape) if kind is TEXT else torch.rand(shape, dtype=kind) for shape in shapes]


@pytest.mark.parametrize(("kind", "size", "shapes", "dtype"), WRONG, ids=lambda value: getattr(value, "__name__", None))
def test_only_the_wrong_layer_changes(kind: Any, size: int, shapes: Any, dtype: Any) -> None:
    net = kind(size)
    with pytest.raises((RuntimeError, ValueError)):
        kind(size)(*_tensors(shapes, dtype))
    before, draws = copy.deepcopy(vars(net)), torch.get_rng_state()
    result = repairnn.fix(net, input_shape=shapes, validate=False)
    assert result.status == "repaired", result.models[0].reason
    assert len(result.edits) == 1
    assert type(result.model) is kind
    assert torch.equal(torch.get_rng_state(), draws)
    assert repr(vars(net)) == repr(before)
    old, new = net.state_dict(), {name: value.clone() for name, value in result.model.state_dict().items()}
    assert list(new) == list(old)
    changed = {name for name in old if old[name].shape != new[name].shape or not torch.equal(old[name], new[name])}
    assert {name.rpartition(".")[0] for name in changed} <= {result.edits[0].before[result.edits[0].edit.node].name}
    result.model(*_tensors(shapes, dtype))
    again = repairnn.fix(net, input_shape=shapes, validate=False).model.state_dict()
    assert all(torch.equal(again[name], new[name]) for name in new)


def test_control_flow_on_values_is_named_with_its_place() -> None:
    result = repairnn.check(special.AsksValues(), input_shape=(4, 6))
    assert result.status == "unsupported"
    assert "depends on the numbers in a tensor, in forward (special.py:" in result.models[0].unsupported[0][0]


def test_tied_parameters_stay_one() -> None:
    repaired = repairnn.fix(special.Tied(9), input_shape=(3, 5), validate=False).model
    assert repaired.head.weight is repaired.words.weight


def test_a_call_that_must_change_gives_a_traced_module_with_all_parts() -> None:
    net = special.MissesFlatten()
    net.norm.register_forward_hook(lambda module, given, result: result * 0)
    result = repairnn.fix(net, input_shape=(2, 3, 8, 8), validate=False)
    repaired = result.model
    assert isinstance(repaired, torch.fx.GraphModule)
    assert {**dict(repaired.named_buffers())}.keys() == {**dict(net.named_buffers())}.keys()
    assert list(repaired.state_dict()) == list(net.state_dict())
    assert repaired.norm.momentum == 0.3
    assert torch.equal(repaired(torch.rand(2, 3, 8, 8)), net.head.bias.expand(2, 2)), "the hook is gone"
    stored = io.BytesIO()
    torch.save(copy.deepcopy(repairnn.fix(special.MissesFlatten(), input_shape=(2, 3, 8, 8)).model), stored)
    stored.seek(0)
    assert torch.load(stored, weights_only=False)(torch.rand(2, 3, 8, 8)).shape == (2, 2)


def test_hooks_and_settings_of_a_changed_layer_stay() -> None:
    net = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(9, eps=0.1, momentum=0.3), nn.Linear(8, 2))
    net[1].register_forward_hook(lambda module, given, result: result * 0)
    net[1].mark = "mine"
    net[1].bias.requires_grad_(False)
    repaired = repairnn.fix(net, input_shape=(4, 6), validate=False).model
    assert (repaired[1].num_features, repaired[1].eps, repaired[1].momentum, repaired[1].mark) == (8, 0.1, 0.3, "mine")
    assert repaired[1].weight.requires_grad
    assert not repaired[1].bias.requires_grad
    assert torch.equal(repaired(torch.rand(4, 6)), net[2].bias.expand(4, 2))


def test_a_row_takes_a_layer_and_keeps_its_class_and_names() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Linear(144, 2))
    repaired = repairnn.fix(net, input_shape=(2, 3, 8, 8), validate=False).model
    assert type(repaired) is nn.Sequential
    assert [name for name, _ in repaired.named_children()] == ["0", "1", "flatten", "2"]
    assert list(repaired.state_dict()) == list(net.state_dict())


@pytest.mark.parametrize("wrap", [
    parametrizations.weight_norm, parametrizations.spectral_norm, parametrizations.orthogonal,
    nn.utils.weight_norm, nn.utils.spectral_norm,
])  # fmt: skip
def test_parametrised_weights_stay_parametrised(wrap: Any) -> None:
    net = nn.Sequential(wrap(nn.Linear(9, 8)), wrap(nn.Linear(8, 8)))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    repaired = repairnn.fix(net, input_shape=(4, 6), validate=False).model
    after = repaired.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name]) for name in before if not name.startswith("0."))
    assert all(torch.equal(net.state_dict()[name], before[name]) for name in before)
    assert torch.equal(after["0.bias"], before["0.bias"])
    assert repaired(torch.rand(4, 6)).shape == (4, 8)
    net(torch.rand(4, 9))


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_precision_stays(kind: Any) -> None:
    net = nn.Sequential(nn.Linear(9, 8), nn.ReLU(), nn.Linear(8, 2)).to(kind)
    repaired = repairnn.fix(net, input_shape=(4, 6), validate=False).model
    assert {value.dtype for value in repaired.parameters()} == {kind}
    assert repaired(torch.rand(4, 6).to(kind)).dtype == kind


def test_modules_on_the_meta_device_stay_there() -> None:
    net = nn.Sequential(nn.Linear(9, 8), nn.Linear(8, 2)).to("meta")
    repaired = repairnn.fix(net, input_shape=(4, 6), validate=False).model
    assert {value.device.type for value in repaired.parameters()} == {"meta"}
    assert repaired(torch.rand(4, 6, device="meta")).shape == (4, 2)


def test_a_layer_by_itself() -> None:
    repaired = repairnn.fix(nn.LSTM(5, 2), input_shape=(4, 2, 6), validate=False).model
    assert type(repaired) is nn.LSTM
    assert repaired(torch.rand(4, 2, 6))[0].shape == (4, 2, 2)


def test_classes_that_inherit_a_layer_are_that_layer() -> None:
    class Own(nn.Linear):
        """A name of its own."""

        def __init__(self, sizes: tuple[int, int]) -> None:
            super().__init__(*sizes)

    repaired = repairnn.fix(nn.Sequential(Own((6, 8)), Own((9, 2))), input_shape=(4, 6), validate=False).model
    assert type(repaired[1]) is Own
    assert repaired[1].in_features == 8


def test_a_parameter_of_the_modules_own_is_made_in_another_shape() -> None:
    net = special.Patches(25)
    result = repairnn.fix(net, input_shape=(2, 3, 32, 32), validate=False)
    assert [(applied.edit.after, applied.location) for applied in result.edits] == [((1, 17, 8), None)]
    assert type(result.model) is special.Patches
    assert torch.equal(result.model.head.weight, net.head.weight)
    assert result.model(torch.rand(2, 3, 32, 32)).shape == (2, 2)


def test_weights_count_where_attributes_say_otherwise() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    net[0].weight = nn.Parameter(net[0].weight[:, :1])
    net(torch.rand(2, 1, 8, 8))
    assert repairnn.check(net, input_shape=(2, 1, 8, 8)).status == "valid"


def test_wrapped_modules() -> None:
    plain = nn.Sequential(nn.Linear(9, 8), nn.Linear(8, 2))
    repaired = repairnn.fix(nn.DataParallel(plain), input_shape=(4, 6), validate=False).model
    assert type(repaired) is nn.DataParallel
    assert repaired(torch.rand(4, 6)).shape == (4, 2)
    compiled = repairnn.fix(torch.compile(plain), input_shape=(4, 6), validate=False).model
    assert type(compiled) is nn.Sequential
    assert compiled[0].in_features == 6


def test_what_has_no_forward_in_python_is_refused_with_advice() -> None:
    with pytest.raises(repairnn.BadInput, match="TorchScript; give the module that it was made from"):
        repairnn.check(torch.jit.script(nn.Sequential(nn.Linear(6, 8))), input_shape=(4, 6))
    with pytest.raises(repairnn.BadInput, match="ModuleList has no forward"):
        repairnn.check(nn.ModuleList([nn.Linear(6, 8)]), input_shape=(4, 6))


@pytest.mark.parametrize("followed", [True, False])
def test_a_thousand_layers(followed: bool) -> None:
    class Deep(nn.Module):
        """Whose ``forward`` can only be run."""

        def __init__(self, body: nn.Module) -> None:
            super().__init__()
            self.body = body

        def forward(self, x: Any) -> Any:
            return self.body(x) if len(x) else x

    layers = [part for n in range(500) for part in (nn.Linear(33 if n == 250 else 32, 32), nn.ReLU())]
    net = nn.Sequential(*layers) if followed else Deep(nn.Sequential(*layers))
    begun = time.process_time()
    result = repairnn.fix(net, input_shape=(4, 32), validate=False)
    assert result.status == "repaired"
    assert time.process_time() - begun < 15
