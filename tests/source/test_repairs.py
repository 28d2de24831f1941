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


def test_a_flatten_before_a_layer_over_steps_is_taken_out():
    script = """
        from keras.models import Sequential
        from keras.layers import Embedding, Flatten, LSTM, Dense, InputLayer
        model = Sequential()
        model.add(InputLayer(input_shape=(100,)))
        model.add(Embedding(5000, 32))
        model.add(Flatten())
        model.add(LSTM(64))
        model.add(Dense(1, activation='sigmoid'))
        """
    assert new_lines(script) == []


def test_pictures_in_time_keep_their_steps():
    script = """
        from keras.models import Sequential
        from keras.layers import *
        model = Sequential()
        model.add(InputLayer(input_shape=(10, 64, 64, 3)))
        model.add(TimeDistributed(Conv2D(32, 3, padding='same')))
        model.add(LSTM(50))
        """
    assert new_lines(script) == ["model.add(Reshape((10, 131072)))"]


def test_regression_on_several_targets():
    script = """
        from keras.models import Sequential
        from keras.layers import Dense
        from sklearn.datasets import make_regression
        X, y = make_regression(n_samples=1000, n_features=10, n_targets=3)
        model = Sequential([Dense(20, input_dim=10), Dense(1)])
        model.compile('adam', 'mae')
        model.fit(X, y)
        """
    assert new_lines(script) == ["model = Sequential([Dense(20, input_dim=10), Dense(3)])"]


def test_a_data_set_that_was_not_put_into_batches_is_no_error_of_ours():
    script = """
        import tensorflow as tf
        (x, y), _ = tf.keras.datasets.mnist.load_data()
        model = tf.keras.Sequential([tf.keras.layers.Flatten(input_shape=(28, 28)), tf.keras.layers.Dense(10)])
        model.compile('adam', tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(tf.data.Dataset.from_tensor_slices((x, y)))
        """
    (net,) = lower(textwrap.dedent(script), strict=True).networks
    assert check(net).faults
    repair(net)


def test_a_model_as_a_part_refuses_tensors_of_other_sizes():
    script = """
        from keras.layers import Input, Dense, Reshape, Flatten
        from keras.models import Model, Sequential
        def discriminator():
            picture = Input(({size}, {size}, 3))
            return Model(picture, Dense(1)(Flatten()(picture)))
        generator = Sequential([Dense(28 * 28 * 3, input_dim=100), Reshape((28, 28, 3))])
        judge = discriminator()
        noise = Input((100,))
        combined = Model(noise, judge(generator(noise)))
        """
    found = {
        size: [
            f.rule.id for net in lower(textwrap.dedent(script.format(size=size))).networks for f in check(net).faults
        ]
        for size in (28, 32, None)
    }
    assert found == {28: [], 32: ["fed-shape-mismatch"], None: []}
