from numpy.random import rand
from keras.models import Sequential
from keras.layers import Conv1D, Dropout, MaxPooling1D, Flatten, Dense


def train(sensors, actions, rounds=10):
    _, moments, wires = sensors.shape
    kinds = actions.shape[-1]
    net = Sequential()
    net.add(Conv1D(64, 3, activation='relu', input_shape=(moments, wires)))
    net.add(Conv1D(64, 3, activation='relu'))
    net.add(Dropout(0.5))
    net.add(MaxPooling1D(2))
    net.add(Flatten())
    net.add(Dense(100, activation='relu'))
    net.add(Dense(kinds, activation='softmax'))
    net.compile(optimizer='adam', loss='categorical_crossentropy')
    net.fit(sensors, actions[:, -1, :], epochs=rounds, batch_size=5)
    return net


# 10 recordings, 1452 samples of 20 sensors, 8 activities per sample
train(rand(10, 1452, 20), rand(10, 1452, 8))
