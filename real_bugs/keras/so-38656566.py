# classify 1-D vibration signals into 4 states
import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Activation, Flatten
from keras.layers.convolutional import Convolution1D, MaxPooling1D
from keras.utils import np_utils

np.random.seed(7)
signal_len = 101
nb_classes = 4

X = np.random.randn(100, signal_len)
X = X.reshape((100, signal_len, 1))
y = np.random.randint(0, nb_classes, size=100)
Y = np_utils.to_categorical(y, nb_classes)

model = Sequential()
model.add(Convolution1D(nb_filter=64, filter_length=10, input_shape=(1, signal_len)))
model.add(Activation('relu'))
model.add(MaxPooling1D(pool_length=2))
model.add(Flatten())
model.add(Dense(10, init='normal'))
model.add(Activation('tanh'))
model.add(Dense(nb_classes))
model.add(Activation('softmax'))

model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X, Y, nb_epoch=20, batch_size=16)
