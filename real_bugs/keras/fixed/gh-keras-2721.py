from keras.models import Sequential
from keras.layers.recurrent import LSTM
from keras.layers.core import Dense
import numpy as np

n_features = 90
hidden = 100

model = Sequential()
model.add(LSTM(hidden, input_dim=n_features, input_length=1, return_sequences=True))
for i in range(3):
    model.add(LSTM(hidden, return_sequences=i < 2))
model.add(Dense(1))
model.compile(loss='mse', optimizer='rmsprop')

rows = np.random.rand(50, 1, n_features)
model.fit(rows, np.random.rand(50, 1), nb_epoch=10, batch_size=10)
