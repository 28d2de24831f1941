import keras
from keras import layers, ops
import numpy as np

VOCAB, LENGTH, WIDTH = 800, 30, 24


class Positions(layers.Layer):
    def __init__(self, length, width):
        super().__init__()
        self.table = layers.Embedding(length, width)
        self.length = length

    def call(self, x):
        return x + self.table(ops.arange(self.length))


class Mixer(layers.Layer):
    def __init__(self, width, heads=3, inner=48):
        super().__init__()
        self.look = layers.MultiHeadAttention(heads, width // heads)
        self.think = keras.Sequential([layers.Dense(inner, "gelu"), layers.Dense(width)])
        self.norms = [layers.LayerNormalization(), layers.LayerNormalization()]

    def call(self, x):
        a, b = self.norms
        x = a(x + self.look(x, x))
        return b(x + self.think(x))


tokens = layers.Input((LENGTH,))
x = Positions(LENGTH, WIDTH)(layers.Embedding(VOCAB, WIDTH)(tokens))
for _ in range(2):
    x = Mixer(WIDTH)(x)
mood = layers.Dense(3, "softmax")(layers.GlobalAveragePooling1D()(x))
model = keras.Model(tokens, mood)
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(np.random.randint(0, VOCAB, (12, LENGTH)), np.random.randint(0, 3, 12), batch_size=4)
