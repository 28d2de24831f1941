"""Keras models of every form that the front end reads."""

from __future__ import annotations

from typing import Any


def sequential() -> Any:
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, activation="relu", kernel_regularizer="l2"),
            layers.MaxPooling2D(),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam")
    return model


def functional() -> Any:
    """Two inputs, two outputs, a shared layer, a nested model, wrappers, operators, a slice, attention."""
    import keras
    from keras import layers

    a, b = keras.Input((10, 4), name="a"), keras.Input((10, 4), name="b")
    shared = layers.LSTM(8, return_sequences=True)
    x = layers.Concatenate()([shared(a), shared(b)])
    x = layers.Bidirectional(layers.GRU(5))(x)
    timed = layers.GlobalAveragePooling1D()(layers.TimeDistributed(layers.Dense(3))(a))
    y = layers.Add()([x, layers.Dense(10)(timed)])
    y = (y * 2.0 + x)[:, :10]
    y = keras.ops.mean(keras.ops.expand_dims(y, 1), axis=1)
    inner = keras.Sequential([keras.Input((10,)), layers.Dense(7), layers.Dense(3)], name="inner")
    attended = layers.Flatten()(layers.MultiHeadAttention(2, 4)(a, b))
    return keras.Model([a, b], [inner(y), attended], name="both")


def with_lambda() -> Any:
    import keras
    from keras import layers

    return keras.Sequential([keras.Input((6,)), layers.Lambda(lambda t: t[:, :4]), layers.Dense(2)], name="opaque")


def recurrent() -> Any:
    import keras
    from keras import layers

    return keras.Sequential([keras.Input((5, 3)), layers.RNN(layers.LSTMCell(4)), layers.Dense(2)], name="rnn")


def unknown_length() -> Any:
    import keras
    from keras import layers

    words = keras.Input((None,), dtype="int32", name="words")
    x = layers.Embedding(50, 8, mask_zero=True)(words)
    x, state_h, state_c = layers.LSTM(8, return_state=True)(x)
    decoder = keras.Input((None, 3), name="decoder")
    y = layers.LSTM(8, return_sequences=True)(decoder, initial_state=[state_h, state_c])
    return keras.Model([words, decoder], layers.Dense(4)(y), name="seq2seq")


ALL = {
    "sequential": sequential,
    "functional": functional,
    "lambda": with_lambda,
    "rnn": recurrent,
    "unknown length": unknown_length,
}


def too_deep(blocks: int = 4) -> Any:
    """A stack that shrinks 16 x 16 images to nothing, as tuners build it."""
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input((16, 16, 3))])
    for _ in range(blocks):
        model.add(layers.Conv2D(8, 3, activation="relu"))
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(10))
    return model


def broken_branches() -> Any:
    """Three faults that have nothing to do with each other."""
    import keras
    from keras import layers

    x = keras.Input((8, 8, 3))
    large = layers.Conv2D(4, 11)(x)
    merged = layers.Add()([layers.Conv2D(5, 3)(x), layers.Conv2D(6, 3)(x)])
    read = layers.LSTM(3)(merged)
    return keras.Model(x, layers.Dense(1)(layers.Concatenate()([read, layers.Flatten()(large)])))
