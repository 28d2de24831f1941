import keras
from keras import layers, ops
import numpy as np

CODE = 6


class Draw(layers.Layer):
    """A sample around a centre; the spread costs."""

    def build(self, shapes):
        self.seed = keras.random.SeedGenerator(5)

    def call(self, pair):
        centre, log_spread = pair
        self.add_loss(ops.mean(ops.square(centre) + ops.exp(log_spread) - log_spread - 1) / 2)
        noise = keras.random.normal(ops.shape(centre), seed=self.seed)
        return centre + noise * ops.exp(log_spread / 2)


glyph = keras.Input((24, 24, 1))
x = layers.Conv2D(16, 5, strides=2, padding="same", activation="relu")(glyph)
x = layers.Conv2D(32, 5, strides=2, padding="same", activation="relu")(x)
x = layers.Flatten()(x)
code = Draw()([layers.Dense(CODE)(x), layers.Dense(CODE)(x)])
back = keras.Sequential([
    keras.Input((CODE,)),
    layers.Dense(6 * 6 * 32, activation="relu"),
    layers.Reshape((6, 6, 32)),
    layers.Conv2DTranspose(16, 5, strides=2, padding="same", activation="relu"),
    layers.Conv2DTranspose(1, 5, strides=2, padding="same", activation="sigmoid"),
])
vae = keras.Model(glyph, back(code))
vae.compile("adam", loss="binary_crossentropy")
glyphs = np.random.rand(16, 24, 24, 1)
vae.fit(glyphs, glyphs, batch_size=8)
