# -*- coding: utf-8 -*-
import tensorflow as tf
from tensorflow.keras import layers

NOISE = 32


def painter():
    net = tf.keras.Sequential(name='painter')
    net.add(layers.Dense(5 * 5 * 40, input_shape=(NOISE,)))
    net.add(layers.Reshape((5, 5, 40)))
    for n, stride in [(30, 1), (20, 2), (10, 2)]:
        net.add(layers.Conv2DTranspose(n, 4, strides=stride, padding='same', use_bias=False))
        net.add(layers.BatchNormalization())
        net.add(layers.LeakyReLU())
    net.add(layers.Conv2DTranspose(3, 4, padding='same', activation='tanh'))
    assert net.output_shape == (None, 20, 20, 3)
    return net


def critic(shape):
    net = tf.keras.Sequential(name='critic')
    net.add(layers.Conv2D(24, 4, strides=2, padding='same', input_shape=shape))
    net.add(layers.LeakyReLU())
    net.add(layers.Dropout(.2))
    net.add(layers.Conv2D(48, 4, strides=2))
    net.add(layers.LeakyReLU())
    net.add(layers.Flatten())
    net.add(layers.Dense(1))
    return net


p = painter()
c = critic(p.output_shape[1:])
print(c(p(tf.random.normal([2, NOISE]))).shape)
