import keras
from keras.layers import Dense, Conv2D, BatchNormalization, Activation, GlobalAveragePooling2D, Input, add
import numpy as np

STAGES = [(16, 1), (32, 2), (64, 2)]


def conv(x, n, k=3, s=1, act=True):
    x = Conv2D(n, k, strides=s, padding='same', use_bias=False)(x)
    x = BatchNormalization()(x)
    return Activation('relu')(x) if act else x


def unit(x, n, s):
    y = conv(conv(x, n, s=s), n, act=False)
    if s != 1 or x.shape[-1] != n:
        x = conv(x, n, k=1, s=s, act=False)
    return Activation('relu')(add([x, y]))


image = Input((32, 32, 3))
x = conv(image, 16)
for n, s in STAGES:
    for k in range(2):
        x = unit(x, n, s if k == 0 else 1)
kind = Dense(10, activation='softmax')(GlobalAveragePooling2D()(x))
model = keras.Model(image, kind)
model.compile('adam', loss='sparse_categorical_crossentropy')
model.fit(np.random.rand(8, 32, 32, 3), np.random.randint(0, 10, (8, 1)))
