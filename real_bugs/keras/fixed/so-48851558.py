import numpy as np
from keras.datasets import imdb
from keras.models import Sequential
from keras.layers import Dense

WORDS = 10000
(reviews, liked), _ = imdb.load_data(num_words=WORDS)
liked = np.array(liked[:400], dtype='float32').reshape(-1, 1)

bags = np.zeros((400, WORDS))
for row, review in zip(bags, reviews):
    row[review] = 1

model = Sequential()
model.add(Dense(16, activation='relu', input_shape=(WORDS,)))
model.add(Dense(16, activation='relu'))
model.add(Dense(1, activation='sigmoid'))
model.compile('rmsprop', 'binary_crossentropy', metrics=['accuracy'])
model.fit(bags, liked, epochs=4, batch_size=100)
