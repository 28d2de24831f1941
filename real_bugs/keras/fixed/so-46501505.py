import numpy as np
import tensorflow as tf
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import Conv2D, MaxPooling2D, Flatten, Dense, Dropout

n_songs = 100
frames, mels = 1366, 96

x_train = np.zeros((n_songs, frames, mels, 1), dtype='float16')
y_train = np.eye(2)[np.random.randint(0, 2, n_songs)]

model = Sequential()
model.add(Conv2D(32, (3, 3), padding='same', activation='relu', input_shape=(frames, mels, 1)))
model.add(Conv2D(64, (3, 3), activation='relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(128, activation='relu'))
model.add(Dropout(0.1))
model.add(Dense(64, activation='relu'))
model.add(Dropout(0.1))
model.add(Dense(16, activation='relu'))
model.add(Dense(2, activation='softmax'))

model.compile(loss='categorical_crossentropy', optimizer=tf.keras.optimizers.Adam(1e-4), metrics=['accuracy'])
model.fit(x_train, y_train, batch_size=2, epochs=10)
