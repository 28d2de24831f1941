import numpy as np
import tensorflow as tf
from tensorflow import keras

model = keras.Sequential([
    keras.layers.Dense(40, input_shape=(21,), activation=tf.nn.relu),
    keras.layers.Dropout(0.2),
    keras.layers.Dense(1, activation=tf.nn.softmax),
])
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])

sample = np.arange(21) / 21.0
print(sample.shape)
prediction = model.predict(sample[np.newaxis, :])
print('class:', np.argmax(prediction))
