import numpy as np
import keras
from keras.models import Sequential
from keras.layers import LSTM, Dense

# X: 45 hours of (price, volume); y: the next price
X = np.random.rand(16, 45, 2)
y = np.random.rand(16, 1)
print('X', X.shape, 'y', y.shape)

model = Sequential()
model.add(LSTM(512, return_sequences=True, input_shape=(X.shape[1], X.shape[2])))
model.add(LSTM(512))
model.add(Dense(1))
model.compile(optimizer=keras.optimizers.RMSprop(1e-3), loss='mae')
model.fit(X, y, epochs=4, batch_size=8)
