# -*- coding: utf-8 -*-
from keras import models
from keras import layers
from keras.datasets import mnist
from keras.utils import to_categorical

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, y_train = x_train[:300] / 255., y_train[:300]

y_train = to_categorical(y_train)

network = models.Sequential()
network.add(layers.Flatten(input_shape=(28, 28)))
network.add(layers.Dense(512, activation='relu'))
network.add(layers.Dense(10, activation='softmax'))
network.compile(optimizer='rmsprop', loss='categorical_crossentropy', metrics=['accuracy'])
network.fit(x_train, y_train, epochs=5, batch_size=128)
