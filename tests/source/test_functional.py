"""Models made of tensors, tensor functions, wrappers."""

from repairnn.semantics.checker import check
from tests.source.reading import network, networks, reads_as


def test_two_inputs_one_output():
    reads_as(
        """
        from keras.layers import Input, Dense, concatenate
        from keras.models import Model
        a = Input(shape=(32,), name='a')
        b = Input((8,), name='b')
        x = concatenate([Dense(4)(a), b])
        model = Model(inputs=[a, b], outputs=Dense(1, activation='sigmoid')(x))
        """,
        """
        a input (None, 32)
        b input (None, 8)
        dense dense (None, 4)
        concatenate concatenate (None, 12)
        dense_1 dense (None, 1)
        """,
    )


def test_a_layer_called_twice_is_one_layer():
    net = network(
        """
        from keras import Model, Input
        from keras.layers import Dense, Subtract
        shared = Dense(4)
        a, b = Input((3,)), Input((3,))
        model = Model([a, b], Subtract()([shared(a), shared(b)]))
        """
    )
    layers = [node.layer for node in net if node.kind == "dense"]
    assert len(layers) == 2
    assert len(set(layers)) == 1


def test_operators_indexing_and_functions_on_tensors():
    reads_as(
        """
        import tensorflow as tf
        from tensorflow.keras import layers
        x = layers.Input((6, 4))
        y = tf.nn.relu(x) + x
        y = y[:, 0] / 2
        y = tf.expand_dims(y, -1)
        y = tf.reduce_mean(y, axis=1)
        model = tf.keras.Model(x, y)
        """,
        """
        input_layer input (None, 6, 4)
        relu identity (None, 6, 4)
        add merge (None, 6, 4)
        getitem slice (None, 4)
        tf.expand_dims expand_dims (None, 4, 1)
        tf.reduce_mean reduce (None, 1)
        """,
    )


def test_a_lambda_that_can_be_read_is_read():
    net = network(
        """
        from keras.layers import *
        from keras.models import Model
        i = Input((10, 4))
        last = Lambda(lambda t: t[:, -1])(i)
        same = Lambda(lambda t: t)(last)
        model = Model(i, Dense(2)(same))
        """
    )
    assert [node.kind for node in net] == ["input", "slice", "identity", "dense"]


def test_time_distributed_and_bidirectional():
    net = reads_as(
        """
        from keras.layers import *
        from keras.models import Model
        i = Input((5, 9, 9, 1))
        x = TimeDistributed(Conv2D(2, 3))(i)
        x = TimeDistributed(Flatten())(x)
        x = Bidirectional(LSTM(7), merge_mode='concat')(x)
        model = Model(i, x)
        """,
        """
        input_layer input (None, 5, 9, 9, 1)
        conv2d conv (None, 7, 7, 2)
        flatten flatten (None, 98)
        bidirectional recurrent (None, 14)
        """,
    )
    assert [node.kind for node in net if node.hidden] == ["time_fold", "time_unfold"] * 2


def test_states_are_outputs():
    net = network(
        """
        from keras.layers import Input, LSTM, Dense
        from keras.models import Model
        enc = Input((None, 5)); dec = Input((None, 6))
        _, h, c = LSTM(8, return_state=True)(enc)
        out, _, _ = LSTM(8, return_sequences=True, return_state=True)(dec, initial_state=[h, c])
        model = Model([enc, dec], Dense(6, activation='softmax')(out))
        """
    )
    second = net["lstm_1"]
    assert [(ref.node, ref.output) for ref in second.inputs] == [("input_layer_1", 0), ("lstm", 1), ("lstm", 2)]


def test_sizes_read_from_tensors_stay_relations():
    net = network(
        """
        import keras
        from keras.layers import *
        i = Input((6, 4))
        n = i.shape[1] * i.shape[2]
        model = keras.Model(i, Reshape((n,))(i))
        """
    )
    assert "DimOf" in repr(net["reshape"].args["target_shape"])


def test_a_model_used_twice_is_not_a_network_of_its_own():
    (net,) = networks(
        """
        from keras import Model, Input
        from keras.layers import Dense, Concatenate
        i = Input((4,))
        tower = Model(i, Dense(2)(i))
        a, b = Input((4,)), Input((4,))
        model = Model([a, b], Concatenate()([tower(a), tower(b)]))
        """
    )
    assert [node.kind for node in net].count("dense") == 2


def test_a_backbone_is_an_opaque_layer_of_known_shape():
    reads_as(
        """
        from keras.applications import VGG16
        from keras import Model
        from keras.layers import *
        base = VGG16(weights='imagenet', include_top=False, input_shape=(150, 150, 3))
        base.trainable = False
        model = Model(base.input, Dense(5)(Flatten()(base.output)))
        """,
        """
        vgg16_input input (None, 150, 150, 3)
        vgg16 opaque (None, 4, 4, 512)
        flatten flatten (None, 8192)
        dense dense (None, 5)
        """,
    )


def test_a_model_that_is_a_sequential_model_applied_to_an_input():
    net = network(
        """
        import keras
        from keras import layers
        x = keras.Input((6,))
        y = keras.Sequential([layers.Dense(3), layers.Dense(2)])(x)
        model = keras.Model(x, y)
        """
    )
    assert [node.kind for node in net] == ["input", "dense", "dense"]


def test_a_cell_run_in_both_directions_is_one_layer():
    net = network(
        """
        import keras
        from keras import layers
        x = keras.Input((5, 3))
        y = layers.Bidirectional(layers.RNN(layers.LSTMCell(4), return_sequences=True), merge_mode="sum")(x)
        y = layers.Dense(2)(y)
        model = keras.Model(x, y)
        """
    )
    assert [node.kind for node in net] == ["input", "recurrent", "dense"]
    assert net.incomplete == ()
    assert check(net).shape(net.outputs[0]) == (None, 5, 2)
