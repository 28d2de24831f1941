import numpy as np
from keras.models import Sequential
from keras.layers import Convolution2D, MaxPooling2D, ZeroPadding2D, Flatten, Dense, Dropout


def vgg_start(classes):
    net = Sequential()
    net.add(ZeroPadding2D((1, 1), input_shape=(224, 224, 3)))
    net.add(Convolution2D(64, 3, 3, activation='relu'))
    net.add(ZeroPadding2D((1, 1)))
    net.add(Convolution2D(64, 3, 3, activation='relu'))
    net.add(MaxPooling2D((2, 2)))
    net.add(ZeroPadding2D((1, 1)))
    net.add(Flatten())
    for _ in range(2):
        net.add(Dense(4096, activation='relu'))
        net.add(Dropout(.5))
    net.add(Dense(classes, activation='softmax'))
    return net


net = vgg_start(1000)
net.compile(loss='categorical_crossentropy', optimizer='sgd')
pair = np.random.uniform(0, 255, (2, 224, 224, 3)).astype('float32')
net.fit(pair, np.eye(1000)[[3, 17]])
