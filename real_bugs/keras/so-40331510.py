import numpy as np
import keras
from keras import Sequential
from keras.layers import *

x = np.zeros((2, 10, 10))
y = keras.utils.to_categorical([0, 1], 2)

net = Sequential()
net.add(LSTM(100, input_shape=(10, 10)))
net.add(LSTM(100))
net.add(Flatten())
net.add(Dense(100, activation="relu"))
net.add(Dropout(.5))
net.add(Dense(2, activation="softmax"))
net.compile("rmsprop", "categorical_crossentropy")
net.fit(x, y)
