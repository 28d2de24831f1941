from tensorflow.keras.layers import Input, Dense, Reshape, Flatten, LeakyReLU
from tensorflow.keras.models import Sequential, Model
import numpy as np


class Forger:
    """Icons of 16 x 16 grey pixels."""

    def __init__(self, side=16, noise=20):
        self.side, self.noise = side, noise
        self.shape = (side, side, 1)
        self.critic = Sequential([Input(self.shape), Flatten(), Dense(64), LeakyReLU(), Dense(1, activation='sigmoid')])
        self.critic.compile('adam', 'binary_crossentropy')
        self.painter = self.make_painter()
        seed = Input((noise,))
        self.both = Model(seed, self.critic(self.painter(seed)))
        self.both.compile('adam', 'binary_crossentropy')

    def make_painter(self):
        net = Sequential()
        net.add(Dense(48, input_dim=self.noise))
        net.add(LeakyReLU())
        net.add(Dense(int(np.prod(self.shape)), activation='tanh'))
        net.add(Reshape(self.shape))
        return net

    def lesson(self, icons):
        n = len(icons)
        seeds = np.random.normal(size=(n, self.noise))
        self.critic.train_on_batch(icons, np.ones((n, 1)))
        self.critic.train_on_batch(self.painter.predict(seeds, verbose=0), np.zeros((n, 1)))
        return self.both.train_on_batch(seeds, np.ones((n, 1)))


if __name__ == '__main__':
    print(Forger().lesson(np.random.rand(12, 16, 16, 1)))
