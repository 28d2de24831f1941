#!/usr/bin/env python
import numpy as np
from keras import layers, models

window = 20
feats = 85
CLASSES = ['up', 'down', 'flat']

X = np.random.standard_normal((100, window, feats))
y = np.eye(len(CLASSES))[np.random.choice(len(CLASSES), 100)]

m = models.Sequential()
m.add(layers.LSTM(32, return_sequences=True, input_shape=(window, feats, 1)))
m.add(layers.LSTM(20))
m.add(layers.Dense(len(CLASSES), activation='softmax'))
m.compile(loss='categorical_crossentropy', optimizer='adam')
m.fit(X, y, batch_size=10, epochs=2)
