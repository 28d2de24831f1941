"""Sequential models as people write them."""

from tests.source.reading import network, networks, reads_as


def test_a_list_of_layers():
    reads_as(
        """
        from tensorflow import keras
        model = keras.Sequential([
            keras.layers.Flatten(input_shape=(28, 28)),
            keras.layers.Dense(128, activation='relu'),
            keras.layers.Dense(10),
        ])
        """,
        """
        flatten_input input (None, 28, 28)
        flatten flatten (None, 784)
        dense dense (None, 128)
        dense_1 dense (None, 10)
        """,
    )


def test_layers_added_one_by_one_and_taken_off_again():
    reads_as(
        """
        from keras.models import Sequential
        from keras.layers import *
        model = Sequential()
        model.add(Conv2D(8, (3, 3), input_shape=(9, 9, 1)))
        model.add(MaxPooling2D())
        model.add(Flatten())
        model.add(Dense(7, name='oops'))
        model.pop()
        model.add(Dense(3, name='scores'))
        """,
        """
        conv2d_input input (None, 9, 9, 1)
        conv2d conv (None, 7, 7, 8)
        max_pooling2d pool (None, 3, 3, 8)
        flatten flatten (None, 72)
        scores dense (None, 3)
        """,
    )


def test_the_input_may_be_a_tensor_a_shape_or_the_arrays_that_are_fed():
    by_tensor = "import keras\nm = keras.Sequential()\nm.add(keras.Input((4,)))\nm.add(keras.layers.Dense(2))"
    by_build = "import keras\nm = keras.Sequential([keras.layers.Dense(2)])\nm.build((None, 4))"
    by_data = "import keras, numpy as np\nm = keras.Sequential([keras.layers.Dense(2)])\nm.predict(np.zeros((5, 4)))"
    for script in (by_tensor, by_build, by_data):
        net = network(script)
        shapes = [node.args["shape"] for node in net if node.kind == "input"]
        assert shapes == [(None, 4)], script
        assert net.incomplete == ()


def test_old_ways_to_say_the_input_shape():
    for layer, shape in (
        ("Dense(3, input_dim=8)", (None, 8)),
        ("LSTM(3, input_dim=8, input_length=5)", (None, 5, 8)),
        ("LSTM(3, input_dim=8)", (None, None, 8)),
        ("Embedding(100, 3, input_length=5)", (None, 5)),
        ("LSTM(3, batch_input_shape=(2, 5, 8), stateful=True)", (2, 5, 8)),
        ("Dense(3, input_shape=(8,))", (None, 8)),
        ("Dense(3, input_shape=8)", (None, 8)),
    ):
        net = network(f"model = Sequential()\nmodel.add({layer})")
        assert next(iter(net)).args["shape"] == shape, layer


def test_a_model_in_a_model_is_read_through():
    reads_as(
        """
        from keras import Sequential
        from keras.layers import *
        body = Sequential([Conv2D(4, 3, input_shape=(8, 8, 1)), Flatten()])
        model = Sequential([body, Dense(2)])
        """,
        """
        sequential_1_input input (None, 8, 8, 1)
        conv2d conv (None, 6, 6, 4)
        flatten flatten (None, 144)
        dense dense (None, 2)
        """,
    )


def test_several_models_are_several_networks():
    found = networks(
        """
        from keras import Sequential
        from keras.layers import Dense
        def build(n):
            return Sequential([Dense(n, input_dim=4), Dense(1)])
        small, large = build(8), build(80)
        """
    )
    assert [net["dense"].args["units"] if "dense" in net.nodes else net["dense_2"].args["units"] for net in found] == [
        8,
        80,
    ]


def test_an_unknown_layer_is_named_and_the_rest_is_still_read():
    net = network(
        """
        from keras import Sequential
        from keras.layers import Dense
        from keras_contrib.layers import CapsuleLayer
        model = Sequential([Dense(4, input_dim=3), CapsuleLayer(2), Dense(1)])
        """
    )
    assert [node.kind for node in net] == ["input", "dense", "opaque", "dense"]
    assert any("CapsuleLayer" in text for text, _ in net.incomplete)


def test_an_unknown_input_shape_is_said_and_can_be_given():
    script = """
        from keras import Sequential
        from keras.layers import Dense
        X = load_my_data()
        model = Sequential([Dense(4, input_shape=X.shape[1:]), Dense(1)])
        """
    net = network(script)
    assert net["dense_input"].args["shape"] is None
    assert len(net.incomplete) == 1
    given = network(script, input_shapes=[(None, 20)])
    assert given["dense_input"].args["shape"] == (None, 20)
    assert given.incomplete == ()
