import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

model = tf.keras.Sequential([
    layers.Conv2D(24, 8, strides=2, activation="relu", input_shape=(256, 256, 3)),
    layers.MaxPooling2D(3, strides=2),
    layers.Conv2D(48, 6, strides=2, activation="relu"),
    layers.MaxPooling2D(3, strides=2),
    layers.Conv2D(96, 4, strides=2),
    layers.Activation("relu"),
    layers.Conv2D(2, 1),
    layers.Activation("softmax"),
    layers.GlobalAveragePooling2D(),
    layers.Flatten(),
])
model.compile(optimizer="sgd", loss="categorical_crossentropy", metrics=["accuracy"])

batch = np.random.rand(4, 256, 256, 3).astype("float32")
truth = tf.one_hot([0, 1, 1, 0], 2)
print(model.output_shape)
model.train_on_batch(batch, truth)
