import numpy as np
import tensorflow as tf
from tensorflow import keras

imgs = np.random.rand(24, 10, 10, 3)
is_cat = np.random.randint(0, 2, (24, 1))

hidden_units = 150
model = keras.Sequential()
model.add(keras.layers.Flatten(input_shape=(10, 10, 3)))
model.add(keras.layers.Dense(hidden_units, activation='relu'))
model.add(keras.layers.Dense(2, activation='sigmoid'))
model.compile(optimizer='adam', loss=tf.keras.losses.BinaryCrossentropy(), metrics=['accuracy'])
model.fit(imgs, is_cat, epochs=3)
