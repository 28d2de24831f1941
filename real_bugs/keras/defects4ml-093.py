import numpy as np
from keras.models import Sequential
from keras.layers import Conv1D, Dense, Dropout, Flatten, MaxPooling1D


def make_model(input_length, filters=(64, 128), pool=4):
    model = Sequential()
    model.add(Conv1D(filters[0], 3, activation='relu', input_shape=(input_length, 1)))
    model.add(Conv1D(filters[0], 3, activation='relu'))
    model.add(MaxPooling1D(pool))
    model.add(Conv1D(filters[1], 3, activation='relu'))
    model.add(Conv1D(filters[1], 3, activation='relu'))
    model.add(Dropout(0.5))
    model.add(Dense(1, activation='sigmoid'))
    model.compile(loss='binary_crossentropy', optimizer='rmsprop', metrics=['mae'])
    return model


data = np.genfromtxt((','.join(['0.5'] * 30) for _ in range(64)), delimiter=',')
data = data[:, :, np.newaxis]
labels = np.random.randint(2, size=(64, 1))
model = make_model(data.shape[1])
model.fit(data, labels, batch_size=16, epochs=10)
