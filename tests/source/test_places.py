"""Where things were written: what an edit of the text can change, and what changes with it."""

from tests.source.reading import network, written


def test_arguments_know_their_expressions():
    script = """
        from keras import Sequential
        from keras.layers import *
        n = 64
        model = Sequential()
        model.add(Conv2D(n, kernel_size=(3, 3), input_shape=(28, 28, 1)))
        """
    net = network(script)
    assert written(script, net, "conv2d", "filters") == "n"
    assert written(script, net, "conv2d", "kernel_size") == "(3, 3)"
    assert written(script, net, "conv2d_input", "shape") == "(28, 28, 1)"
    assert net["conv2d"].written.ties == {}
    assert net["conv2d"].written.tie is None


def test_columns_count_characters():
    script = (
        "from keras.layers import *\nfrom keras import Sequential\nm = Sequential([Dense(1, name='é', input_dim=7)])"
    )
    net = network(script)
    assert written(script, net, "é_input", "shape") == "7"


def test_a_margin_or_prompt_does_not_move_places():
    for prefix in ("    ", ">>> "):
        script = "\n".join(
            prefix + line for line in ("from keras import *", "m = Sequential([layers.Dense(5, input_dim=7)])")
        )
        span = network_as_is(script)["dense"].written.arguments["units"]
        line = script.split("\n")[span.line - 1]
        assert line[span.column : span.end_column] == "5"


def network_as_is(script):
    from repairnn.frontends.source import lower

    (net,) = lower(script).networks
    return net


def test_a_loop_over_literals_points_at_each_literal():
    script = """
        from keras import Sequential
        from keras.layers import Dense
        model = Sequential()
        model.add(Dense(9, input_dim=3))
        for n in [64, 32]:
            model.add(Dense(n, activation='relu'))
        """
    net = network(script)
    assert written(script, net, "dense_1", "units") == "64"
    assert written(script, net, "dense_2", "units") == "32"
    one, two = net["dense_1"].written, net["dense_2"].written
    assert one.ties["units"] != two.ties["units"]
    assert one.ties["activation"] == two.ties["activation"]
    assert one.tie == two.tie is not None


def test_a_helper_called_twice_ties_what_it_says_itself():
    script = """
        from keras import Model, Input
        from keras.layers import Conv2D
        def block(x, filters, size=3):
            return Conv2D(filters, size, padding='same')(x)
        i = Input((8, 8, 3))
        model = Model(i, block(block(i, 4), 8))
        """
    net = network(script)
    one, two = net["conv2d"].written, net["conv2d_1"].written
    assert written(script, net, "conv2d", "filters") == "4"
    assert written(script, net, "conv2d_1", "filters") == "8"
    assert one.ties["kernel_size"] == two.ties["kernel_size"]
    assert one.ties["padding"] == two.ties["padding"]
    assert one.ties["filters"] != two.ties["filters"]


def test_a_computed_value_in_a_loop_cannot_be_edited():
    net = network(
        """
        from keras import Sequential
        from keras.layers import Dense
        model = Sequential()
        model.add(Dense(9, input_dim=3))
        for i in range(2):
            model.add(Dense(8 * 2 ** i))
        """
    )
    assert "units" in net["dense_1"].written.fixed


def test_a_dict_of_settings_is_the_place():
    script = """
        from keras import Sequential
        from keras.layers import Dense
        cfg = {'units': 12, 'activation': 'relu'}
        model = Sequential([Dense(input_dim=4, **cfg)])
        """
    net = network(script)
    assert written(script, net, "dense", "units") == "12"


def test_layers_made_and_applied_in_different_places_have_both():
    net = network(
        """
        import tensorflow as tf
        class Net(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.fc = tf.keras.layers.Dense(3)
            def call(self, x):
                return self.fc(x)
        Net().build((None, 4))
        """
    )
    place = net["self.fc"].written
    assert (place.call.line, place.apply.line) == (6, 8)
