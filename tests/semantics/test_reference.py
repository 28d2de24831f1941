"""References that no installed framework can be asked about, held to those that can."""

from __future__ import annotations

import numpy as np
import pytest

from repairnn.semantics.declaration import bind_arguments
from repairnn.semantics.numeric import ACTIVATIONS, activate
from repairnn.semantics.registry import declaration_of

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("rank", "shape"), [(1, (2, 7, 3)), (2, (2, 7, 6, 3))])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_locally_connected_with_equal_kernels_is_a_convolution(
    rank: int, shape: tuple[int, ...], data_format: str
) -> None:
    local, conv = declaration_of("locally_connected"), declaration_of("conv")
    assert local is not None
    assert conv is not None
    given = {"rank": rank, "filters": 4, "kernel_size": 3, "strides": 2, "data_format": data_format, "use_bias": False}
    x = RNG.normal(size=shape)
    if data_format == "channels_first":
        x = np.moveaxis(x, -1, 1)
    kernel = RNG.normal(size=(*(3,) * rank, 3, 4))
    args = bind_arguments(local, given)
    places = local.weights((x.shape,), args)["kernel"][0]
    repeated = np.repeat(kernel.reshape(1, -1, 4), places, axis=0)
    assert repeated.shape == local.weights((x.shape,), args)["kernel"]
    expected = conv.compute([x], {"kernel": kernel}, bind_arguments(conv, given))
    np.testing.assert_allclose(local.compute([x], {"kernel": repeated}, args), expected)


def test_thresholded_relu_keeps_what_lies_above() -> None:
    np.testing.assert_array_equal(activate("thresholded_relu", np.array([0.5, 1.0, 1.5]), threshold=1.0), [0, 0, 1.5])


def test_a_gated_activation_halves_the_last_axis() -> None:
    np.testing.assert_allclose(activate("glu", np.array([[1.0, 2.0, 0.0, 0.0]])), [[0.5, 1.0]])


@pytest.mark.parametrize("name", sorted(ACTIVATIONS.keys() - {"glu"}))
def test_activations_keep_the_shape(name: str) -> None:
    x = RNG.normal(size=(2, 3, 4))
    assert activate(name, x).shape == x.shape
