"""Ways of writing that libraries of Keras layers share."""

from __future__ import annotations

from repairnn.frontends.source import lower
from repairnn.semantics.checker import check
from repairnn.semantics.ir import Network

HEAD = "import keras\nfrom keras import layers, ops\n"


def networks(text: str) -> tuple[Network, ...]:
    return lower(HEAD + text, strict=True).networks


def test_build_gets_the_shapes_it_names() -> None:
    text = """
class Block(layers.Layer):
    def build(self, decoder_shape, encoder_shape=None):
        self.dense = layers.Dense(decoder_shape[-1])
        self.other = layers.Dense(encoder_shape[-1])
    def call(self, decoder, encoder):
        return self.dense(decoder), self.other(encoder)

one, two = keras.Input((5, 8)), keras.Input((7, 3))
model = keras.Model([one, two], Block()(one, two))
"""
    (network,) = networks(text)
    assert [check(network).shapes[node.id][0] for node in network if node.kind == "dense"] == [
        (None, 5, 8),
        (None, 7, 3),
    ]


def test_a_mask_is_no_second_input() -> None:
    text = """
x, mask = keras.Input((4, 4)), keras.Input((4, 4))
model = keras.Model([x, mask], layers.Softmax()(x, mask))
"""
    (network,) = networks(text)
    assert check(network).valid


def test_an_operand_that_is_not_known_is_not_missing() -> None:
    text = """
from somewhere import table
x = keras.Input((4, 8))
y = ops.matmul(x, table)
z = layers.MultiHeadAttention(2, 4)(query=x, value=table)
model = keras.Model(x, layers.Dense(3)(y))
other = keras.Model(x, layers.Dense(3)(z))
"""
    for network in networks(text):
        assert check(network).valid
        assert network.incomplete


def test_a_default_of_none_is_not_held_against_a_layer_that_nobody_makes() -> None:
    text = """
class Block(layers.Layer):
    def __init__(self, filters, axis=None, activation=None):
        super().__init__()
        self.conv = layers.Conv2D(filters, 3)
        self.norm = layers.BatchNormalization(axis=axis)
        self.act = layers.Activation(activation)
    def call(self, x):
        return self.act(self.norm(self.conv(x)))
"""
    (network,) = networks(text)
    assert check(network).valid
    made = networks(f"{text}\nx = keras.Input((8, 8, 3))\nmodel = keras.Model(x, Block(4)(x))\n")[0]
    assert not check(made).valid
