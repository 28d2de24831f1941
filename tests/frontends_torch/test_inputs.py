"""What is said of a module's inputs: shapes with and without the batch, examples, nothing."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402 - after the check that the extra is there

import repairnn  # noqa: E402
from tests.frontends_torch.special import Language, Optional, ResNet, Steps  # noqa: E402
from tests.frontends_torch.test_live import Images, Words  # noqa: E402


def _fixed(net: Any, **given: Any) -> Any:
    return repairnn.fix(net, validate=False, **given)


@pytest.mark.parametrize("shape", [(3, 64, 64), (-1, 3, 64, 64), (None, 3, 64, 64), torch.Size((2, 3, 64, 64))])
def test_a_batch_may_be_left_out_or_open(shape: Any) -> None:
    result = _fixed(ResNet(512), input_shape=shape)
    assert [(applied.edit.node, applied.edit.after) for applied in result.edits] == [("head", 64)]
    told = "input_shape is read as the shape of one sample, without the batch axis"
    assert (told in result.notes) is (len(shape) == 3)


def test_a_shape_that_fits_as_it_is_is_taken_as_it_is() -> None:
    assert repairnn.check(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), input_shape=(3, 8, 8)).notes == ()


@pytest.mark.parametrize("given", [
    {"input_shape": [(4, 6), (4, 5)]},
    {"input_shape": {"right": (4, 5), "left": (4, 6)}},
    {"example_inputs": (torch.rand(4, 6), torch.rand(4, 5))},
    {"example_inputs": {"left": torch.rand(4, 6), "right": torch.rand(4, 5), "scale": 2.0}},
    {"input_shape": (torch.rand(4, 6), torch.rand(4, 5))},
])  # fmt: skip
def test_several_inputs(given: dict[str, Any]) -> None:
    result = _fixed(Optional(9), **given)
    assert [applied.edit.after for applied in result.edits] == [16]
    assert result.model(torch.rand(4, 6), torch.rand(4, 5))["logits"].shape == (4, 2)


def test_inputs_that_forward_does_not_take_are_refused() -> None:
    with pytest.raises(repairnn.BadInput, match="forward takes 3 input"):
        repairnn.check(Optional(), input_shape=[(4, 6)] * 4)
    with pytest.raises(repairnn.BadInput, match="no input middle; its inputs are left, right, scale"):
        repairnn.check(Optional(), input_shape={"middle": (4, 6)})


def test_an_example_of_whole_numbers() -> None:
    result = _fixed(Language(12), example_inputs=torch.zeros(2, 12, dtype=torch.long))
    assert [applied.edit.after for applied in result.edits] == [(16,)]


@pytest.mark.parametrize(("net", "assumed"), [
    (Images(), "x of shape (2, 3, 32, 32)"),
    (Words(), "x of shape (2, 10)"),
    (nn.Linear(4, 2), "input of shape (2, 4)"),
    (nn.Sequential(nn.Flatten(), nn.Linear(784, 2)), "input of shape (2, 1, 28, 28)"),
])  # fmt: skip
def test_without_a_shape_the_module_is_asked(net: Any, assumed: str) -> None:
    result = repairnn.check(net)
    assert result.status == "valid"
    assert result.notes == (f"no input_shape was given; assumed {assumed}",)


def test_faults_that_hang_on_no_size_are_repaired_without_a_shape() -> None:
    result = _fixed(Images(channels=8))
    assert [applied.edit.after for applied in result.edits] == [6]
    assert result.model(torch.zeros(4, 3, 32, 32)).shape == (4, 10)


def test_a_size_that_the_module_does_not_tell_is_called_unknown() -> None:
    result = repairnn.check(Images(features=100))
    assert result.status == "unsupported"
    assert result.models[0].unsupported == (("the sizes of x; input_shape gives them", None),)


def test_without_a_shape_control_flow_on_shapes_cannot_be_followed() -> None:
    result = repairnn.check(Steps())
    assert result.status == "unsupported"
    assert "input_shape lets it be followed" in result.models[0].unsupported[0][0]
