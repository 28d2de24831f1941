import random
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import Adam


class Elevator:
    def __init__(self, sensors, moves, discount=.9):
        self.sensors, self.moves, self.discount = sensors, moves, discount
        self.past = []
        self.value = self.make()

    def make(self):
        net = Sequential()
        net.add(Dense(20, input_dim=self.sensors, activation='relu'))
        net.add(Dense(self.moves, activation='linear'))
        net.compile(loss='mse', optimizer=Adam(learning_rate=.01))
        return net

    def choose(self, now):
        return int(np.argmax(self.value.predict(now, verbose=0)[0]))

    def learn(self, n):
        for now, move, pay, then in random.sample(self.past, n):
            want = self.value.predict(now, verbose=0)
            want[0, move] = pay + self.discount * self.value.predict(then, verbose=0).max()
            self.value.fit(now, want)


lift = Elevator(sensors=6, moves=3)
for _ in range(4):
    now = np.random.rand(6).reshape(1, -1)
    lift.past.append((now, lift.choose(now), 1.0, np.random.rand(1, 6)))
lift.learn(2)
