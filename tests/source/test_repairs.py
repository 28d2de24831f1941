"""Scripts and the first repair as text: the way from the program's text through the search and back."""

from __future__ import annotations

import textwrap

from repairnn.frontends.source import emit, lower
from repairnn.search import repair
from repairnn.semantics.checker import check


def new_lines(script: str) -> list[str]:
    """The lines that the cheapest repair of the faulty network of a script writes; the result has no fault left."""
    text = textwrap.dedent(script)
    program = lower(text, strict=True)
    (faulty,) = [net for net in program.networks if check(net).faults]
    result = emit(program, faulty, repair(faulty).edits)
    assert not any(check(net).faults for net in lower(result, strict=True).networks)
    before = text.splitlines()
    return [line.strip() for line in result.splitlines() if line not in before]


def test_a_shortcut_of_blocks_merged_by_a_function_of_a_module():
    script = """
        from keras import layers
        from keras.models import Model
        def block(x, filters, stride=1):
            shortcut = x
            x = layers.Conv2D(filters, 3, strides=stride, padding='same')(x)
            x = layers.add([x, shortcut])
            return layers.ReLU()(x)
        entry = layers.Input((32, 32, 3))
        x = layers.Conv2D(64, 3, padding='same')(entry)
        x = block(x, 64)
        x = block(x, 128, stride=2)
        model = Model(entry, layers.GlobalAveragePooling2D()(x))
        """
    assert new_lines(script) == ["x = layers.add([x, layers.Conv2D(filters, 1, strides=stride)(shortcut)])"]


def test_validation_data_that_were_not_reshaped():
    script = """
        import keras
        from keras.datasets import mnist
        (x_train, y_train), (x_test, y_test) = mnist.load_data()
        x_train = x_train.reshape(60000, 784)
        model = keras.Sequential([keras.layers.Dense(10, activation='softmax', input_shape=(784,))])
        model.compile('adam', 'sparse_categorical_crossentropy')
        model.fit(x_train, y_train, validation_data=(x_test, y_test))
        """
    assert new_lines(script) == ["model.fit(x_train, y_train, validation_data=(x_test.reshape(-1, 784), y_test))"]


def test_features_of_a_sequence_are_not_padded_as_if_they_were_steps():
    script = """
        from keras.layers import Input, LSTM, Dense, multiply
        from keras.models import Model
        entry = Input(shape=(30, 64))
        made = LSTM(32, return_sequences=True)(entry)
        gate = Dense(64, activation='sigmoid')(entry)
        model = Model(entry, multiply([made, gate]))
        """
    assert not any("ZeroPadding" in line for line in new_lines(script))
