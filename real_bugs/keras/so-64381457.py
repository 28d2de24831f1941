# -*- coding: utf-8 -*-
import numpy as np
from sklearn.model_selection import train_test_split
from keras.models import Sequential
from keras.layers import Dense, Embedding, LSTM, Dropout

max_features = 2500
embed_dim = 128
lstm_out = 200

X = np.random.randint(1, max_features, (100, 10))      # padded tokens
verdicts = ['0', '1'] * 50
Y = np.array([int(v) for v in verdicts])

model = Sequential()
model.add(Embedding(max_features, embed_dim, input_shape=(X.shape[1],)))
model.add(Dropout(0.2))
model.add(LSTM(lstm_out, dropout=0.2, recurrent_dropout=0.2))
model.add(Dense(2, activation='sigmoid'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
X_train, X_valid, Y_train, Y_valid = train_test_split(X, Y, test_size=0.20, random_state=36)
batch_size = 32
model.fit(X_train, Y_train, batch_size=batch_size, epochs=1, verbose=5)
