"""Digits, small net."""
import keras
import numpy as np
from keras import layers as L

(train_pics, train_digits), (test_pics, test_digits) = keras.datasets.mnist.load_data()


def prepare(pics, digits, n):
    pics = np.expand_dims(pics[:n] / 255.0, -1)
    return pics.astype("float32"), keras.utils.to_categorical(digits[:n], 10)


x, y = prepare(train_pics, train_digits, 512)
net = keras.Sequential([keras.Input((28, 28, 1))])
for width in 32, 64:
    net.add(L.Conv2D(width, 3, activation="relu"))
    net.add(L.MaxPooling2D())
net.add(L.Flatten())
net.add(L.Dense(10, activation="softmax"))
net.compile("adam", loss="categorical_crossentropy")
net.fit(x, y, batch_size=64, validation_data=prepare(test_pics, test_digits, 64))
