from keras.models import Sequential
from keras.layers.core import Dense, Activation, Flatten
from keras.layers.convolutional import Convolution2D
import numpy as np

X = np.zeros((4, 480, 640, 3), dtype='uint8')
Y = np.eye(10)[[1, 5, 2, 0]]

model = Sequential()
model.add(Convolution2D(64, 3, 3, border_mode='same', input_shape=(480, 640, 3)))
model.add(Activation('relu'))
model.add(Dense(10))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='sgd')
model.fit(X, Y, batch_size=2, nb_epoch=10)
