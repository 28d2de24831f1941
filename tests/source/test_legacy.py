"""Old spellings of Keras."""

from tests.source.reading import network, reads_as


def test_keras_1_when_a_legacy_keyword_says_so():
    reads_as(
        """
        from keras.models import Sequential
        from keras.layers.core import Dense, Dropout, Activation, Flatten
        from keras.layers.convolutional import Convolution2D, MaxPooling2D
        model = Sequential()
        model.add(Convolution2D(32, 3, 3, border_mode='same', input_shape=(28, 28, 1)))
        model.add(Convolution2D(32, 3, 3, subsample=(2, 2)))
        model.add(MaxPooling2D(pool_size=(2, 2)))
        model.add(Flatten())
        model.add(Dense(output_dim=10, init='uniform', activation='softmax'))
        """,
        """
        conv2d_input input (None, 28, 28, 1)
        conv2d conv (None, 28, 28, 32)
        conv2d_1 conv (None, 13, 13, 32)
        max_pooling2d pool (None, 6, 6, 32)
        flatten flatten (None, 1152)
        dense dense (None, 10)
        """,
    )


def test_without_a_legacy_keyword_a_third_number_is_the_stride():
    net = network(
        """
        from keras.models import Sequential
        from keras.layers import Convolution2D
        model = Sequential([Convolution2D(32, 3, 3, input_shape=(28, 28, 1))])
        """
    )
    assert net["conv2d"].args == {"filters": 32, "kernel_size": 3, "strides": 3}


def test_rows_and_columns_by_name():
    net = network(
        "model = Sequential([Convolution2D(nb_filter=8, nb_row=3, nb_col=5, dim_ordering='th', input_shape=(1, 9, 9))])"
    )
    assert net["conv2d"].args == {"filters": 8, "kernel_size": (3, 5), "data_format": "channels_first"}


def test_merge_by_mode():
    for mode, kind in (("concat", "concatenate"), ("sum", "merge"), ("mul", "merge")):
        net = network(
            f"""
            from keras.layers import Input, Dense, merge
            from keras.models import Model
            a, b = Input(shape=(3,)), Input(shape=(3,))
            m = merge([Dense(4)(a), Dense(4)(b)], mode='{mode}')
            model = Model(input=[a, b], output=Dense(1)(m))
            """
        )
        assert kind in [node.kind for node in net], mode
        assert net.incomplete == ()


def test_one_layer_from_many_modules():
    for line, call in (
        ("from keras.layers.core import Dense", "Dense"),
        ("from tensorflow.python.keras.layers import Dense", "Dense"),
        ("from tensorflow.keras.layers import Dense as D", "D"),
        ("import tensorflow.keras.layers as L", "L.Dense"),
        ("import tensorflow as tf", "tf.keras.layers.Dense"),
        ("import tensorflow.compat.v1 as tf", "tf.keras.layers.Dense"),
        ("from keras import layers", "layers.Dense"),
        ("from keras.layers import *", "Dense"),
        ("import keras", "keras.layers.Dense"),
        ("import keras as k", "k.layers.core.Dense"),
        ("", "Dense"),
    ):
        net = network(f"{line}\nfrom keras.models import Sequential\nm = Sequential([{call}(3, input_dim=2)])")
        assert [node.kind for node in net] == ["input", "dense"], line


def test_branches_merged_in_a_sequential_model():
    reads_as(
        """
        from keras.models import Sequential
        from keras.layers import Dense, Merge
        left = Sequential([Dense(5, input_dim=3)])
        right = Sequential([Dense(6, input_dim=4)])
        model = Sequential()
        model.add(Merge([left, right], mode='concat'))
        model.add(Dense(2))
        """,
        """
        dense_input input (None, 3)
        dense dense (None, 5)
        dense_1_input input (None, 4)
        dense_1 dense (None, 6)
        concatenate concatenate (None, 11)
        dense_2 dense (None, 2)
        """,
    )
