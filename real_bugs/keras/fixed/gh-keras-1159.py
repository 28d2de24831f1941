import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense
from keras.layers.recurrent import LSTM
from keras.layers.wrappers import TimeDistributed

n_samples, n_in, n_out = 300, 12, 15
batch = 30

X = np.random.randn(n_samples // batch, batch, n_in)
Y = np.random.randn(n_samples // batch, batch, n_out)

model = Sequential()
model.add(LSTM(5, input_shape=(batch, n_in), return_sequences=True))
model.add(TimeDistributed(Dense(n_out)))
model.compile(loss='mse', optimizer='rmsprop')
model.fit(X, Y, batch_size=batch, nb_epoch=5)
