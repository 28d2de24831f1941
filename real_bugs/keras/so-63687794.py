import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

X = np.random.randn(650, 3, 12)
y = tf.keras.utils.to_categorical(np.random.randint(6, size=650), 6)

model = tf.keras.models.Sequential()
model.add(layers.Conv2D(filters=8, kernel_size=3, padding="same", input_shape=(3, 12, 1)))
model.add(layers.BatchNormalization())
model.add(layers.Activation("relu"))
model.add(layers.Conv2D(filters=8, kernel_size=3, padding="same"))
model.add(layers.BatchNormalization())
model.add(layers.Activation("relu"))
model.add(layers.Flatten())
model.add(layers.Dense(8, activation="relu"))
model.add(layers.Dense(6, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adam")
model.fit(X, y, epochs=15, batch_size=64)
