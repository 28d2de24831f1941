"""Every module of ``torch.nn`` in a small network: read as PyTorch runs it, broken, repaired with its weights kept."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402 - after the check that the extra is there
from torch.nn.parameter import is_lazy  # noqa: E402

import repairnn  # noqa: E402
from repairnn.frontends.torch import lower  # noqa: E402
from repairnn.semantics.checker import check  # noqa: E402
from tests.frontends_torch.nets import Case  # noqa: E402
from tests.frontends_torch.zoo import cases  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
CASES = list(cases())
#: Classes that others inherit from, and nothing by themselves.
BASES = {"Module", "Container", "RNNBase", "RNNCellBase"}
#: Whose second name is told by another case.
SAME = {"NLLLoss2d": "NLLLoss"}
ODD = (RuntimeError, ValueError, TypeError, IndexError, AssertionError, NotImplementedError)


def _broken() -> Iterator[Any]:
    for case in CASES:
        for value in case.wrong:
            yield pytest.param(case, value, id=f"{case.name}-{value}".replace(" ", ""))


def test_every_module_is_there() -> None:
    found = {name for name, kind in vars(nn).items() if inspect.isclass(kind) and issubclass(kind, nn.Module)}
    assert found - BASES - {case.name for case in CASES} - set(SAME) == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_module_is_read_as_pytorch_runs_it(case: Case) -> None:
    torch.manual_seed(0)
    network = lower(case.build(case.right), case.input_shape)
    report = check(network)
    assert network.incomplete == ()
    assert report.valid, report.faults
    result = case.build(case.right)(*case.tensors())
    outputs = [tuple(value.shape) for value in _tensors(result)]
    assert [report.shape(ref) for ref in network.outputs] == outputs


@pytest.mark.parametrize(("case", "value"), list(_broken()))
def test_a_broken_module_is_repaired_and_keeps_its_weights(case: Case, value: Any) -> None:
    torch.manual_seed(1)
    with pytest.raises(ODD):
        case.build(value)(*case.tensors())
    net = case.build(value)
    before = _values(net)
    result = repairnn.fix(net, input_shape=case.input_shape, validate=False)
    assert result.status == "repaired", result.models[0].reason
    assert _equal(_values(net), before), "the given module has changed"
    after = _values(result.model)
    touched = {applied.before[applied.edit.node].name for applied in result.edits if hasattr(applied.edit, "node")}
    own = {name for name in before if any(name.startswith(f"{layer}.") for layer in touched)}
    shaped = {name for name in before if name in after and _shape(after[name]) == _shape(before[name])}
    assert before.keys() - own <= shaped
    assert _equal({name: after[name] for name in shaped}, {name: before[name] for name in shaped})
    case.run(result.model)


def _values(module: nn.Module) -> dict[str, Any]:
    return {name: value if is_lazy(value) else value.clone() for name, value in module.state_dict().items()}


def _shape(value: Any) -> Any:
    return None if is_lazy(value) else value.shape


def _equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(
        is_lazy(value) == is_lazy(other[name]) and (is_lazy(value) or torch.equal(value, other[name]))
        for name, value in one.items()
    )


def _tensors(value: Any) -> list[Any]:
    if isinstance(value, torch.Tensor):
        return [value]
    return [tensor for part in value for tensor in _tensors(part)] if isinstance(value, (list, tuple)) else []
