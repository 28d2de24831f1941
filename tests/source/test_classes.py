"""Subclassed models and layers."""

from tests.source.reading import network, reads_as


def test_a_model_with_call():
    reads_as(
        """
        import tensorflow as tf
        from tensorflow.keras.layers import Dense, Flatten
        class Net(tf.keras.Model):
            def __init__(self, classes=10):
                super().__init__()
                self.flat = Flatten()
                self.hidden = Dense(32, activation='relu')
                self.out = Dense(classes)
            def call(self, x, training=False):
                x = self.hidden(self.flat(x))
                return self.out(x)
        net = Net(classes=4)
        net.build((None, 8, 8))
        """,
        """
        net_input input (None, 8, 8)
        self.flat flatten (None, 64)
        self.hidden dense (None, 32)
        self.out dense (None, 4)
        """,
    )


def test_blocks_of_layers_in_lists_and_loops():
    net = network(
        """
        import numpy as np
        from tensorflow.keras import layers, Model
        class Block(layers.Layer):
            def __init__(self, width):
                super().__init__()
                self.width = width
            def build(self, input_shape):
                self.project = layers.Dense(input_shape[-1])
                self.inner = layers.Dense(self.width)
            def call(self, x):
                return x + self.project(self.inner(x))
        class Net(Model):
            def __init__(self, widths):
                super().__init__()
                self.blocks = [Block(w) for w in widths]
                self.head = layers.Dense(1)
            def call(self, x):
                for block in self.blocks:
                    x = block(x)
                return self.head(x)
        Net([16, 32])(np.zeros((2, 6)))
        """
    )
    assert [node.args["units"] for node in net if node.kind == "dense"][::2] == [16, 32, 1]
    assert net.incomplete == ()


def test_a_custom_layer_with_weights():
    net = network(
        """
        import keras
        from keras import ops
        class Mine(keras.layers.Layer):
            def __init__(self, units):
                super().__init__()
                self.units = units
            def build(self, input_shape):
                self.w = self.add_weight(shape=(input_shape[-1], self.units))
            def call(self, x):
                return ops.matmul(x, self.w)
        i = keras.Input((6,))
        model = keras.Model(i, Mine(3)(i))
        """
    )
    assert [node.kind for node in net if not node.hidden] == ["input", "matmul"]


def test_a_layer_whose_call_cannot_be_read_is_opaque():
    net = network(
        """
        import keras, mylib
        class Mine(keras.layers.Layer):
            def call(self, x):
                return mylib.magic(x)
        i = keras.Input((6,))
        model = keras.Model(i, keras.layers.Dense(2)(Mine()(i)))
        """
    )
    assert [node.kind for node in net] == ["input", "opaque", "dense"]
    assert net.incomplete


def test_models_built_in_methods_nobody_calls_are_read_with_defaults():
    net = network(
        """
        from keras.models import Sequential
        from keras.layers import Dense
        class Trainer:
            width = 12
            def __init__(self, features=7):
                self.features = features
            def build(self):
                model = Sequential()
                model.add(Dense(self.width, input_shape=(self.features,)))
                return model
        """
    )
    assert net["dense_input"].args["shape"] in ((None, 7), (None, None))
