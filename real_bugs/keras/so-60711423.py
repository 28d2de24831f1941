import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import LSTM, Dropout, Dense

data = np.random.rand(100, 7)
data = np.reshape(data, (data.shape[0], data.shape[1], 1))

regressor = tf.keras.Sequential()
regressor.add(LSTM(units=150, activation='sigmoid', return_sequences=True, input_shape=data.shape))
regressor.add(Dropout(0.2))
regressor.summary()
