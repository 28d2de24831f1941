import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
import numpy as np

SIDE, TILE, WIDTH, HEADS = 60, 10, 24, 4
TILES = (SIDE // TILE) ** 2


def attend(x):
    y = layers.LayerNormalization()(x)
    y = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(y, y)
    x = layers.Add()([x, y])
    y = layers.LayerNormalization()(x)
    for units in (2 * WIDTH, WIDTH):
        y = layers.Dense(units, activation=tf.nn.gelu)(y)
    return layers.Add()([x, y])


scene = layers.Input((SIDE, SIDE, 3))
tiles = layers.Conv2D(WIDTH, TILE, strides=TILE)(scene)
x = layers.Reshape((TILES, WIDTH))(tiles)
for _ in range(3):
    x = attend(x)
x = layers.Flatten()(layers.LayerNormalization()(x))
model = keras.Model(scene, layers.Dense(20)(x))
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(np.zeros((4, SIDE, SIDE, 3)), np.array([1, 2, 3, 19]))
