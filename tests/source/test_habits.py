"""How people use models in whole programs: snippets, wrappers of other libraries, loops of their own."""

from repairnn.semantics.checker import check
from tests.source.reading import faults, network, networks, outline, reads_as


def test_a_snippet_that_adds_to_a_model_made_elsewhere():
    reads_as(
        """
        model.add(Conv2D(4, 3, input_shape=(8, 8, 1)))
        model.add(Flatten())
        """,
        """
        conv2d_input input (None, 8, 8, 1)
        conv2d conv (None, 6, 6, 4)
        flatten flatten (None, 144)
        """,
    )


def test_a_snippet_that_ends_before_its_model():
    net = network("i = Input((8,))\nx = Dense(4)(i)\nx = Dense(2)(x)")
    assert outline(net) == ["input_layer input (None, 8)", "dense dense (None, 4)", "dense_1 dense (None, 2)"]


def test_a_tensor_from_elsewhere_is_an_input_of_unknown_shape():
    net = network("x = base_model.output\nx = Dense(4)(x)\nmodel = Model(inputs=base_model.input, outputs=x)")
    assert [node.kind for node in net] == ["input", "dense"]
    assert net.incomplete


def test_an_array_from_elsewhere_is_known_by_its_reshape():
    found = faults(
        """
        X = X_train.reshape(X_train.shape[0], 28, 28, 1)
        model = Sequential([Conv2D(4, 3, input_shape=(1, 28, 28), data_format='channels_first')])
        model.predict(X)
        """
    )
    assert found == [("fed-shape-mismatch", 4)]


def test_what_a_training_loop_repeats_is_fed_once():
    net = network(
        """
        import numpy as np
        from keras import Sequential
        from keras.layers import Dense
        m = Sequential([Dense(1, input_dim=3)])
        m.compile('sgd', 'mse')
        for step in range(1000):
            x = np.random.rand(16, 3)
            m.train_on_batch(x, np.ones((16, 1)))
        """
    )
    assert [node.kind for node in net] == ["input", "dense", "data", "feed", "data", "loss"]


def test_two_networks_against_each_other():
    names = [
        net.name
        for net in networks(
            """
            import numpy as np
            from keras import Sequential, Model, Input
            from keras.layers import Dense
            gen = Sequential([Dense(8, input_dim=2)], name='gen')
            dis = Sequential([Dense(1, input_dim=8)], name='dis')
            dis.compile('adam', 'binary_crossentropy')
            z = Input((2,))
            both = Model(z, dis(gen(z)), name='both')
            both.compile('adam', 'binary_crossentropy')
            for i in range(100):
                noise = np.random.rand(4, 2)
                dis.train_on_batch(gen.predict(noise), np.zeros((4, 1)))
                both.train_on_batch(noise, np.ones((4, 1)))
            """
        )
    ]
    assert names == ["gen", "dis", "both"]


def test_a_step_of_the_models_own():
    found = networks(
        """
        import keras, numpy as np
        i = keras.Input((6,))
        inner = keras.Model(i, keras.layers.Dense(2)(i))
        class Trainer(keras.Model):
            def __init__(self, net):
                super().__init__()
                self.net = net
            def train_step(self, data):
                x, y = data
                return {'loss': self.net(x)}
        t = Trainer(inner)
        t.compile('adam')
        t.fit(np.zeros((8, 5)), np.zeros((8, 2)))
        """
    )
    assert [fault.rule.id for net in found for fault in check(net).faults] == ["fed-shape-mismatch"]


def test_batches_from_a_class():
    found = faults(
        """
        import keras, numpy as np
        class Batches(keras.utils.Sequence):
            def __init__(self, size=8):
                self.size = size
            def __len__(self):
                return 10
            def __getitem__(self, index):
                return np.zeros((self.size, 5)), np.zeros((self.size, 1))
        model = keras.Sequential([keras.layers.Dense(1, input_dim=4)])
        model.compile('adam', 'mse')
        model.fit(Batches(), epochs=3)
        """
    )
    assert found == [("fed-shape-mismatch", 12)]


def test_pipelines_of_tensorflow():
    found = faults(
        """
        import tensorflow as tf, numpy as np
        x, y = np.zeros((100, 28, 28)), np.zeros((100,))
        data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(10).batch(32)
        data = data.map(lambda image, label: (tf.expand_dims(image, -1), label)).prefetch(1)
        model = tf.keras.Sequential([tf.keras.layers.Conv2D(4, 3, input_shape=(28, 28, 3))])
        model.fit(data)
        """
    )
    assert ("fed-shape-mismatch", 7) in found or found == []


def test_wrappers_of_scikit_learn():
    found = faults(
        """
        from scikeras.wrappers import KerasClassifier
        from sklearn.model_selection import cross_val_score
        import numpy as np
        def build(units=8):
            model = Sequential([Dense(units, input_dim=5), Dense(3, activation='softmax')])
            model.compile('adam', 'categorical_crossentropy')
            return model
        scores = cross_val_score(KerasClassifier(build, epochs=2), np.zeros((90, 4)), np.zeros(90), cv=3)
        """
    )
    assert found == [("fed-shape-mismatch", 9)]


def test_a_tuner_builds_with_defaults():
    net = network(
        """
        import keras_tuner as kt
        import keras
        def build(hp):
            model = keras.Sequential([keras.Input((9,))])
            for i in range(hp.Int('layers', 2, 5)):
                model.add(keras.layers.Dense(hp.Int('units', min_value=32, max_value=512, step=32)))
            model.add(keras.layers.Dense(hp.Choice('out', [3, 4])))
            return model
        tuner = kt.RandomSearch(build, objective='val_loss')
        """
    )
    assert [node.args["units"] for node in net if node.kind == "dense"] == [32, 32, 3]


def test_weights_that_are_set():
    script = """
        import numpy as np
        from keras import Sequential
        from keras.layers import Embedding
        vectors = np.load('vectors.npy')
        assert vectors.shape == (400, 50)
        model = Sequential([Embedding(100, 50, input_length=3{given})])
        {later}
        """
    for given, later in (
        (", weights=[vectors]", ""),
        ("", "model.layers[0].set_weights([vectors])"),
    ):
        text = script.format(given=given, later=later)
        assert [rule for rule, _ in faults(text)] == ["weight-shape-mismatch"], given


def test_functions_in_layers():
    net = reads_as(
        """
        from keras.layers import *
        from keras.models import Sequential
        import mylib
        model = Sequential([
            Lambda(lambda x: x / 127.5 - 1., input_shape=(6, 4)),
            Lambda(lambda x, n: x[:, :n], arguments={'n': 2}),
            Lambda(mylib.f, output_shape=(3,)),
            Dense(2),
        ])
        """,
        """
        lambda_input input (None, 6, 4)
        lambda identity (None, 6, 4)
        getitem slice (None, 2, 4)
        lambda_2 opaque (None, 3)
        dense dense (None, 2)
        """,
    )
    assert net.incomplete == ()


def test_several_positional_inputs_of_a_subclassed_model():
    net = network(
        """
        import tensorflow as tf
        class Encoder(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.gru = tf.keras.layers.GRU(7, return_state=True, return_sequences=True)
            def call(self, x, hidden):
                out, state = self.gru(x, initial_state=hidden)
                return out, state
        encoder = Encoder()
        out, state = encoder(tf.zeros((2, 5, 3)), tf.zeros((2, 7)))
        """
    )
    assert len(net["self.gru"].inputs) == 2


def test_options_given_for_inputs_by_name():
    net = network("i = keras.Input(shape, name='pixels')\nm = keras.Model(i, keras.layers.Dense(2)(i))",
                  input_shapes={"pixels": (None, 12)})  # fmt: skip
    assert net["pixels"].args["shape"] == (None, 12)
    assert net.incomplete == ()


def test_three_dots_stand_for_what_was_left_out():
    net = network("model = Sequential([Dense(..., input_dim=3), Dense(2, activation=...), Conv2D(4, ...)])")
    assert [node.kind for node in net] == ["input", "dense", "dense", "opaque"]
    assert [text for text, _ in net.incomplete] == ["units of dense", "kernel_size of conv2d"]


def test_a_size_that_is_no_number_is_not_read():
    net = network("model = Sequential([Conv2D(4, 3, input_shape=('28', 28.0, 1))])")
    assert net["conv2d_input"].args["shape"] == (None, None, 28, 1)
    assert net.incomplete
