"""What comes first for faults that Keras programs share, against answers that are cheaper but hardly meant."""

from __future__ import annotations

from repairnn.frontends.source import lower
from repairnn.search import repair
from repairnn.semantics.edits import ChangeArgument, Edit, InsertLayer

HEAD = "import keras\nfrom keras import layers\nfrom keras.layers import *\n"


def first(text: str) -> Edit:
    """The only edit of the cheapest repair of a program's one network."""
    (network,) = lower(HEAD + text).networks
    (edit,) = repair(network).edits
    return edit


def test_maps_are_flattened_where_they_are_joined_with_a_row_of_features() -> None:
    edit = first("""
words = Input(shape=(200,))
maps = Conv1D(128, 5)(Embedding(20000, 100)(words))
meta = Input(shape=(7,))
both = Concatenate()([maps, Dense(32)(meta)])
model = keras.Model([words, meta], Dense(1)(both))
""")
    assert isinstance(edit, InsertLayer)
    assert edit.layer_kind == "flatten"


def test_the_strides_of_a_shortcut_follow_those_of_its_branch() -> None:
    edit = first("""
inputs = Input((64, 64, 3))
x = prev = Conv2D(32, 3, strides=2, padding="same")(inputs)
for size in [64, 128]:
    x = SeparableConv2D(size, 3, padding="same")(x)
    x = MaxPooling2D(3, strides=2, padding="same")(x)
    x = prev = add([x, Conv2D(size, 1, padding="same")(prev)])
model = keras.Model(inputs, Dense(10)(GlobalAveragePooling2D()(x)))
""")
    assert isinstance(edit, ChangeArgument)
    assert (edit.argument, edit.after) == ("strides", 2)
    assert edit.node.startswith("conv2d_")
