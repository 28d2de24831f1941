from keras.datasets import imdb
from keras.models import Sequential
from keras.layers import Embedding, LSTM, Dense, Bidirectional, Dropout
from keras.preprocessing import sequence

max_features = 2000
maxlen = 40
(x_train, y_train), (x_test, y_test) = imdb.load_data(num_words=max_features)
x_train = sequence.pad_sequences(x_train[:200], maxlen=maxlen)
y_train = y_train[:200]

model = Sequential()
model.add(Embedding(max_features, 32))
model.add(Bidirectional(LSTM(16, return_sequences=True)))
model.add(LSTM(8))
model.add(Dropout(0.5))
model.add(Dense(1, activation='sigmoid'))
model.compile('adam', 'binary_crossentropy', metrics=['accuracy'])
model.fit(x_train, y_train, batch_size=32, epochs=4, validation_split=0.2)
