from numpy.random import rand
from keras.models import Sequential
from keras.layers import Conv1D, Dropout, MaxPooling1D, Flatten, Dense


def evaluate_model(trainX, trainy):
    verbose, epochs, batch_size = 0, 10, 5
    n_timesteps, n_features, n_outputs = trainX.shape[1], trainX.shape[2], trainy.shape[-1]
    model = Sequential()
    model.add(Conv1D(filters=64, kernel_size=3, activation='relu', input_shape=(n_timesteps, n_features)))
    model.add(Conv1D(filters=64, kernel_size=3, activation='relu'))
    model.add(Dropout(0.5))
    model.add(MaxPooling1D(pool_size=2))
    model.add(Flatten())
    model.add(Dense(100, activation='relu'))
    model.add(Dense(n_outputs, activation='softmax'))
    model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
    model.fit(trainX, trainy, epochs=epochs, batch_size=batch_size, verbose=verbose)
    return model


# 10 recordings, 1452 samples of 20 sensors, 8 activities per sample
trainX = rand(10, 1452, 20)
trainy = rand(10, 1452, 8)
evaluate_model(trainX, trainy)
