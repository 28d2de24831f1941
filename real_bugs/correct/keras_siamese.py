import numpy as np
from keras.models import Model, Sequential
from keras.layers import Input, Flatten, Dense, Lambda
from keras import ops


def gap(two):
    a, b = two
    return ops.sqrt(ops.sum((a - b) ** 2, axis=1, keepdims=True) + 1e-9)


def pull_and_push(same, distance):
    return ops.mean(same * distance ** 2 + (1 - same) * ops.maximum(1 - distance, 0) ** 2)


signature_shape = (40, 90)
tower = Sequential([Input(signature_shape), Flatten(), Dense(64, activation='relu'), Dense(32)])
left, right = Input(signature_shape), Input(signature_shape)
distance = Lambda(gap, output_shape=(1,))([tower(left), tower(right)])
verifier = Model([left, right], distance)
verifier.compile('adam', loss=pull_and_push)

known = np.random.rand(24, *signature_shape)
claimed = np.random.rand(24, *signature_shape)
genuine = np.arange(24) % 2.0
verifier.fit([known, claimed], genuine, batch_size=8)
