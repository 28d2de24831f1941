from tensorflow.keras import Sequential
from tensorflow.keras.layers import Dense
import numpy as np

# each row is one signal of 5000 points
signals = [np.random.normal(size=5000) for _ in range(10)]
x = np.array(signals)
y = np.array([0, 1] * 5)

model = Sequential()
model.add(Dense(5, activation='relu', input_shape=(1,)))
model.add(Dense(1, activation='sigmoid'))
model.compile(optimizer='adam', loss='binary_crossentropy', metrics=['accuracy'])
model.fit(x, y, epochs=3, batch_size=1)
