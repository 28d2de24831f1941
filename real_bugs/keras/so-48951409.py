from keras.models import Sequential
from keras.layers import LSTM, Dense
import numpy as np

data_dim = 32
timesteps = 10
num_classes = 10

train_x = np.random.random((100, timesteps, data_dim))
train_y = np.random.random((100, num_classes))

model = Sequential()
model.add(LSTM(32, return_sequences=True, input_shape=train_x.shape))
model.add(LSTM(32, return_sequences=True))
model.add(LSTM(32))
model.add(Dense(10, activation='softmax'))

model.compile(loss='categorical_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
model.fit(train_x, train_y, batch_size=64, epochs=5)
