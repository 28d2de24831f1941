from keras.layers import *
from keras.models import Sequential
import numpy as np

HEIGHT = WIDTH = 200
DEPTH = 3

images = np.zeros((100, HEIGHT, WIDTH, DEPTH), "float32")
labels = np.tile([0.0, 1.0], (100, 1))

model = Sequential()
inputShape = (HEIGHT, WIDTH, DEPTH)
model.add(Conv2D(32, (3, 3), padding="same", input_shape=inputShape))
model.add(Activation("relu"))
model.add(Dropout(0.2))
model.add(BatchNormalization(axis=-1))

model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(images, labels, batch_size=4, epochs=5)
