import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

READERS, BOOKS, TASTE = 300, 500, 12


class Librarian(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.reader = layers.Embedding(READERS, TASTE)
        self.book = layers.Embedding(BOOKS, TASTE)
        self.fame = layers.Embedding(BOOKS, 1)

    def call(self, pairs):
        who, what = pairs[:, 0], pairs[:, 1]
        liking = tf.reduce_sum(self.reader(who) * self.book(what), axis=1, keepdims=True)
        return tf.sigmoid(liking + self.fame(what))


pairs = np.column_stack([np.random.randint(0, READERS, 90), np.random.randint(0, BOOKS, 90)])
model = Librarian()
model.compile('adam', 'binary_crossentropy')
model.fit(pairs, np.random.rand(90, 1), batch_size=30)
