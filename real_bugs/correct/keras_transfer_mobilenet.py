import tensorflow as tf
import numpy as np

SIDE = 128
trunk = tf.keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(SIDE, SIDE, 3), pooling='avg')
trunk.trainable = False

leaf = tf.keras.Input((SIDE, SIDE, 3))
x = tf.keras.layers.RandomRotation(0.1)(leaf)
x = tf.keras.applications.mobilenet_v2.preprocess_input(x)
x = trunk(x, training=False)
sick = tf.keras.layers.Dense(1)(tf.keras.layers.Dropout(.3)(x))
doctor = tf.keras.Model(leaf, sick)
doctor.compile('adam', loss=tf.keras.losses.BinaryCrossentropy(from_logits=True))
doctor.fit(np.zeros((4, SIDE, SIDE, 3)), np.array([[0], [1], [1], [0]]), batch_size=2)
