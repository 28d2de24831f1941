import numpy as np
import tensorflow as tf
from tensorflow.keras.preprocessing.sequence import pad_sequences

sentences = [list(range(1, n)) for n in range(3, 73)]
train_y = [i % 16 for i in range(70)]
train_x = pad_sequences(sentences, maxlen=100, padding='post')
train_y = tf.keras.utils.to_categorical(np.asarray(train_y), 16)

model = tf.keras.Sequential([
    tf.keras.layers.Embedding(100, 100),
    tf.keras.layers.Flatten(),
    tf.keras.layers.Dense(64, activation='relu'),
    tf.keras.layers.Dense(16, activation='softmax')
])
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
history = model.fit(train_x, train_y, epochs=10, verbose=0)
