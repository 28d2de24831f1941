from keras.models import Sequential
from keras.layers import Flatten, Dense, Dropout
from keras.layers import Convolution2D, MaxPooling2D, ZeroPadding2D
import numpy as np


def small_vgg(weights_path=None):
    model = Sequential()
    model.add(ZeroPadding2D((1, 1), input_shape=(224, 224, 3)))
    model.add(Convolution2D(64, 3, 3, activation='relu'))
    model.add(ZeroPadding2D((1, 1)))
    model.add(Convolution2D(64, 3, 3, activation='relu'))
    model.add(MaxPooling2D((2, 2)))
    model.add(ZeroPadding2D((1, 1)))

    model.add(Flatten())
    model.add(Dense(4096, activation='relu'))
    model.add(Dropout(0.5))
    model.add(Dense(4096, activation='relu'))
    model.add(Dropout(0.5))
    model.add(Dense(1000, activation='softmax'))

    if weights_path:
        model.load_weights(weights_path)
    return model


if __name__ == "__main__":
    model = small_vgg()
    model.compile(optimizer='sgd', loss='categorical_crossentropy')
    pics = np.random.uniform(0, 255, (2, 224, 224, 3)).astype(np.float32)
    targets = np.eye(1000)[[3, 17]]
    model.fit(pics, targets)
