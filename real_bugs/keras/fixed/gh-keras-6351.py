from keras.models import Sequential
from keras.layers import LSTM, Dense, TimeDistributed, AveragePooling1D, Flatten
import numpy as np

x_train = np.random.random((6, 1200, 19))
y_train = np.random.randint(0, 2, (6, 2))

model = Sequential()
model.add(LSTM(24, return_sequences=True, input_shape=(1200, 19)))
model.add(TimeDistributed(Dense(1)))
model.add(AveragePooling1D(2))
model.add(Flatten())
model.add(Dense(2, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
model.fit(x_train, y_train, epochs=1, batch_size=2)
