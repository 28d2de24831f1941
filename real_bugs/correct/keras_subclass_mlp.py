import tensorflow as tf
from tensorflow.keras.layers import Dense, Flatten, Conv2D, MaxPool2D


class Painter(tf.keras.Model):
    """Which painter? From a 50 x 40 thumbnail."""

    def __init__(self, painters, width=12):
        super(Painter, self).__init__()
        self.look = [Conv2D(width * k, 3, activation='relu') for k in (1, 2)]
        self.shrink = MaxPool2D()
        self.flat = Flatten()
        self.guess = Dense(painters)

    def call(self, x, training=False):
        for conv in self.look:
            x = self.shrink(conv(x))
        return self.guess(self.flat(x))


thumbs = tf.random.uniform((30, 50, 40, 3))
names = tf.random.uniform((30,), maxval=7, dtype=tf.int32)
model = Painter(painters=7)
model.compile('adam', tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(thumbs, names, batch_size=10)
