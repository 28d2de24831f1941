from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.layers.recurrent import LSTM
from keras.layers.embeddings import Embedding
import numpy as np

# letter model: 26 symbols
n_symbols = 26
print "building", n_symbols

model = Sequential()
model.add(Embedding(n_symbols, 26, input_length=30))
model.add(LSTM(50, init='orthogonal'))
model.add(Dropout(0.5))
model.add(LSTM(50, init='orthogonal'))
model.add(Dropout(0.5))
model.add(Dense(n_symbols))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='rmsprop')

X = np.random.randint(0, 26, (8, 30))
y = np.eye(26)[:8]
model.fit(X, y, nb_epoch=1)
print "done"
