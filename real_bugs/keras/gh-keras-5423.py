import numpy as np
from keras.models import Sequential
from keras.layers import Conv1D, MaxPooling1D, Dropout, Dense, Flatten

n_words, n_dims = 98, 900
docs = np.random.randn(20, n_words, n_dims)
stars = np.eye(5)[np.random.randint(5, size=20)]

model = Sequential()
model.add(Conv1D(100, 3, padding='same', activation='relu', input_shape=(n_words, n_dims)))
model.add(MaxPooling1D(pool_size=n_words))
model.add(Dropout(0.25))
model.add(Dense(5, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adadelta', metrics=['accuracy'])
model.fit(docs, stars, batch_size=5, epochs=2)
