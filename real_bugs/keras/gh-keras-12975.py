import keras
from keras import layers
import numpy as np

left = keras.Input((32, 32, 1), name="picture")
a = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(left)     # 16x16x16
a = layers.Conv2D(4, 1)(a)                                                       # 16x16x4
a = layers.Flatten()(a)                                                          # 1024

right = keras.Input((1024, 2), name="track")
b = layers.Conv1D(2, 5, padding="same")(right)

merged = layers.concatenate([a, b])
z = layers.Flatten()(merged)
z = layers.Dense(3, activation="softmax")(z)
model = keras.Model([left, right], z)
