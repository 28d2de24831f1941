import math
import numpy as np
import keras
from keras.layers import Conv1D, MaxPooling1D, Flatten, Dense
from keras.utils import Sequence


class SignalSequence(Sequence):
    def __init__(self, x_set, y_set, batch_size=8, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y, self.batch_size = x_set, y_set, batch_size

    def __len__(self):
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, idx):
        low = idx * self.batch_size
        high = min(low + self.batch_size, len(self.x))
        return self.x[low:high][..., np.newaxis], keras.utils.to_categorical(self.y[low:high], 4)


raw = np.random.rand(40, 256)
states = np.random.randint(0, 4, 40)
net = keras.models.Sequential([
    Conv1D(16, 9, strides=2, activation='relu', input_shape=(256, 1)),
    MaxPooling1D(4),
    Conv1D(32, 5, activation='relu'),
    MaxPooling1D(4),
    Flatten(),
    Dense(4, activation='softmax')])
net.compile(optimizer='adam', loss='categorical_crossentropy')
net.fit(SignalSequence(raw, states), epochs=1)
