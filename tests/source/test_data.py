"""The data around a model: what is fed, what is compared, what a stream of images says."""

from repairnn.semantics.checker import check
from tests.source.reading import faults, network, outline


def around(script, **options):
    """Feeds and losses of the one network of a script: kind, shapes of their inputs, arguments."""
    net = network(script, **options)
    report = check(net)
    return [
        (node.kind, [report.shape(ref) for ref in node.inputs], dict(node.args))
        for node in net
        if node.kind in ("feed", "loss")
    ]


def test_compile_and_fit():
    found = around(
        """
        import numpy as np
        from keras import Sequential
        from keras.layers import Dense
        x, y = np.random.rand(100, 8), np.zeros((100, 3))
        model = Sequential([Dense(3, activation='softmax', input_shape=(8,))])
        model.compile('adam', loss='categorical_crossentropy')
        model.fit(x, y, batch_size=10, validation_data=(np.zeros((20, 8)), np.zeros((20, 3))))
        """
    )
    assert found == [
        ("feed", [(100, 8), (None, 8)], {}),
        ("loss", [(None, 3), (100, 3)], {"name": "categorical_crossentropy"}),
        ("feed", [(20, 8), (None, 8)], {}),
        ("loss", [(None, 3), (20, 3)], {"name": "categorical_crossentropy"}),
    ]


def test_losses_by_many_names():
    for loss, expected in (
        ("'mse'", {"name": "mean_squared_error"}),
        ("keras.losses.mse", {"name": "mean_squared_error"}),
        ("keras.losses.categorical_crossentropy", {"name": "categorical_crossentropy"}),
        ("tf.keras.losses.BinaryCrossentropy(from_logits=True)", {"name": "binary_crossentropy", "from_logits": True}),
        ("['mae']", {"name": "mean_absolute_error"}),
        ("{'dense': 'mae'}", {"name": "mean_absolute_error"}),
    ):
        found = around(
            f"import keras\nimport tensorflow as tf\nm = keras.Sequential([keras.layers.Dense(1, input_dim=2)])\n"
            f"m.compile('sgd', {loss})\nm.fit(np.zeros((4, 2)), np.zeros((4, 1)))"
        )
        assert found[1][2] == expected, loss


def test_a_loss_of_the_programs_own_is_no_loss_node():
    found = around(
        """
        import keras, numpy as np
        def mine(y_true, y_pred): return y_true - y_pred
        m = keras.Sequential([keras.layers.Dense(1, input_dim=2)])
        m.compile('sgd', loss=mine)
        m.fit(np.zeros((4, 2)), np.zeros((4, 1)))
        """
    )
    assert [kind for kind, _, _ in found] == ["feed"]


def test_predict_evaluate_and_calls():
    script = """
        import keras, numpy as np
        m = keras.Sequential([keras.layers.Dense(1, input_dim=2)])
        {use}
        """
    for use in ("m.predict(np.zeros((4, 3)))", "m(np.zeros((4, 3)))", "m.evaluate(np.zeros((4, 3)), np.zeros((4, 1)))"):
        assert faults(script.format(use=use)) == [("fed-shape-mismatch", 4)], use


def test_several_inputs_and_targets_by_list_and_by_name():
    script = """
        import keras, numpy as np
        a, b = keras.Input((2,), name='a'), keras.Input((3,), name='b')
        one, two = keras.layers.Dense(1, name='one')(a), keras.layers.Dense(2, name='two')(b)
        m = keras.Model([a, b], [one, two])
        m.compile('sgd', {loss})
        m.fit({x}, {y})
        """
    listed = ("['mse', 'mae']", "[np.zeros((9, 2)), np.zeros((9, 3))]", "[np.zeros((9, 1)), np.zeros((9, 2))]")
    named = (
        "{'one': 'mse', 'two': 'mae'}",
        "{'b': np.zeros((9, 3)), 'a': np.zeros((9, 2))}",
        "{'two': np.zeros((9, 2)), 'one': np.zeros((9, 1))}",
    )
    for loss, x, y in (listed, named):
        found = around(script.format(loss=loss, x=x, y=y))
        assert [shapes for kind, shapes, _ in found if kind == "feed"] == [[(9, 2), (None, 2)], [(9, 3), (None, 3)]]
        losses = [(args["name"], shapes) for kind, shapes, args in found if kind == "loss"]
        assert losses == [
            ("mean_squared_error", [(None, 1), (9, 1)]),
            ("mean_absolute_error", [(None, 2), (9, 2)]),
        ]


def test_the_input_shape_may_follow_the_data():
    net = network(
        """
        import keras, numpy as np
        x_train = np.zeros((100, 28, 28, 1))
        m = keras.Sequential([keras.layers.Conv2D(4, 3, input_shape=x_train.shape[1:])])
        """
    )
    assert outline(net) == [
        "x_train data (100, 28, 28, 1)",
        "conv2d_input input (None, 28, 28, 1)",
        "conv2d conv (None, 26, 26, 4)",
    ]


def test_images_from_a_folder():
    found = around(
        """
        from keras.preprocessing.image import ImageDataGenerator
        from keras import Sequential
        from keras.layers import *
        m = Sequential([Flatten(input_shape=(64, 48, 1)), Dense(1, activation='sigmoid')])
        m.compile('adam', 'binary_crossentropy')
        g = ImageDataGenerator(rescale=1/255).flow_from_directory('d', target_size=(64, 48), color_mode='grayscale',
                                                                  class_mode='binary', batch_size=8)
        m.fit_generator(g, steps_per_epoch=10)
        """
    )
    assert [shapes for _, shapes, _ in found] == [[(None, 64, 48, 1), (None, 64, 48, 1)], [(None, 1), (None,)]]


def test_a_generator_of_the_program():
    found = around(
        """
        import keras, numpy as np
        def batches(n):
            while True:
                yield np.zeros((n, 5)), np.zeros((n, 1))
        m = keras.Sequential([keras.layers.Dense(1, input_dim=4)])
        m.compile('sgd', 'mse')
        m.fit(batches(16), steps_per_epoch=2)
        """
    )
    assert found[0][1] == [(16, 5), (None, 4)]


def test_a_training_loop_of_the_program():
    found = around(
        """
        import tensorflow as tf
        model = tf.keras.Sequential([tf.keras.layers.Dense(3, input_shape=(4,))])
        loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        x, y = tf.zeros((8, 4)), tf.zeros((8,))
        for epoch in range(10):
            with tf.GradientTape() as tape:
                logits = model(x, training=True)
                loss = loss_fn(y, logits)
        """
    )
    assert [kind for kind, _, _ in found] == ["feed", "loss"]
    assert found[1][1] == [(None, 3), (8,)]
