import pandas as pd
import keras
from keras.models import Sequential
from keras.layers import Dense

frame = pd.read_csv('poses.csv')
X = frame.iloc[:, 0:8].values
y = frame.iloc[:, 8].values.astype(int)

model = Sequential([
    Dense(8, input_shape=(8,), activation='relu'),
    Dense(128, activation='relu'),
    Dense(256, activation='relu'),
    Dense(512, activation='relu'),
    Dense(14, activation='softmax'),
])
model.compile(keras.optimizers.Adam(learning_rate=.0001), loss='categorical_crossentropy', metrics=['accuracy'])
model.fit(X, y, batch_size=10, epochs=20, shuffle=True, verbose=2)
