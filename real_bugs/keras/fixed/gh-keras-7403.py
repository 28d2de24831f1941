import numpy as np
from keras.models import Sequential
from keras.layers import LSTM, Dense

n_chars = 60
word_len = 40
char_hidden = word_len
n_words = 62

model = Sequential()
model.add(LSTM(char_hidden, input_shape=(word_len, n_chars), return_sequences=True))      # characters
model.add(LSTM(n_words))                                           # words
model.add(Dense(n_words, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='rmsprop')
model.fit(np.zeros((2, word_len, n_chars)), np.zeros((2, n_words)))
