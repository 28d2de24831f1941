from keras.models import Sequential
from keras.layers import Dense, Dropout, Flatten, Reshape
from keras.layers import Convolution2D, MaxPooling2D
import numpy as np

# olivetti-like faces, one row of 57*47 pixels each, 40 persons
faces = np.random.rand(40, 2679)
who = np.eye(40)

net = Sequential()
net.add(Reshape((57, 47, 1), input_shape=(2679,)))
net.add(Convolution2D(10, 5, 5, border_mode='same', activation='relu'))
net.add(MaxPooling2D(pool_size=(2, 2)))
net.add(Dropout(0.5))
net.add(Convolution2D(15, 5, 5, border_mode='same', activation='relu'))
net.add(MaxPooling2D(pool_size=(2, 2)))
net.add(Dropout(0.5))
net.add(Flatten())
net.add(Dense(2000, activation='relu'))
net.add(Dense(40, activation='softmax'))
net.compile(loss='categorical_crossentropy', optimizer='sgd')
net.fit(faces, who, nb_epoch=35, batch_size=40, verbose=0)
