import tensorflow as tf
import pandas as pd

table = pd.read_csv('results.csv')
features = table.drop(columns=['c10']).to_numpy()
target = table['c10'].to_numpy()

model = tf.keras.Sequential([
    tf.keras.layers.Dense(units=100, activation='relu', input_shape=(len(features),)),
    tf.keras.layers.Dense(units=500, activation='relu'),
    tf.keras.layers.Dense(units=2, activation='softmax'),
])
model.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
model.fit(features, target, epochs=10)
