# LSTM autoencoder on card transactions, 10 in a row, 30 columns each
import numpy as np
from tensorflow.keras import layers, Model

seq_len, n_cols = 10, 30
inputs = layers.Input(shape=(seq_len, n_cols))
enc = layers.LSTM(50, dropout=0.3, return_sequences=True)(inputs)
enc = layers.LSTM(50, dropout=0.3)(enc)
dec = layers.RepeatVector(seq_len)(enc)
dec = layers.LSTM(50, return_sequences=True)(dec)
outputs = layers.TimeDistributed(layers.Dense(n_cols))(dec)

autoencoder = Model(inputs, outputs)
autoencoder.compile(optimizer='adam', loss='mse')
batch = np.random.rand(16, seq_len, n_cols)
autoencoder.fit(batch, batch, epochs=1)
