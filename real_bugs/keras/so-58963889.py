import numpy as np
import tensorflow as tf

c = np.array([[-40], [-10], [0], [8], [15], [22], [38]], dtype=float)
f = c * 1.8 + 32

model = tf.keras.models.Sequential()
model.add(tf.keras.layers.Dense(units=7, activation='relu', input_shape=c.shape))
model.add(tf.keras.layers.Dense(units=4, activation='relu'))
model.add(tf.keras.layers.Dense(units=1))
model.compile(loss='mean_squared_error', optimizer=tf.keras.optimizers.Adam(0.1))
model.fit(c, f, epochs=500, verbose=False)
