from keras.models import Sequential
from keras.layers import LSTM, Dense
import numpy as np

# 100 clips, 10 moments each, 32 measures a moment, 10 gestures
clips = np.random.random((100, 10, 32))
gestures = np.eye(10)[np.arange(100) % 10]

stack = Sequential()
stack.add(LSTM(32, return_sequences=True, input_shape=clips.shape))
stack.add(LSTM(32, return_sequences=True))
stack.add(LSTM(32))
stack.add(Dense(10, activation='softmax'))
stack.compile(loss='categorical_crossentropy', optimizer='adam')
stack.fit(clips, gestures, epochs=4)
