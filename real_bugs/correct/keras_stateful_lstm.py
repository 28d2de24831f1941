import numpy as np
from keras.models import Sequential
from keras.layers import LSTM, Dense, Input

MACHINES, HOURS, GAUGES = 4, 8, 3
net = Sequential()
net.add(Input(batch_shape=(MACHINES, HOURS, GAUGES)))
net.add(LSTM(10, return_sequences=True, stateful=True))
net.add(LSTM(10, stateful=True))
net.add(Dense(GAUGES))
net.compile('adam', 'mse')
log = np.random.random((MACHINES * 5, HOURS, GAUGES))
net.fit(log, log[:, -1], batch_size=MACHINES, shuffle=False)
