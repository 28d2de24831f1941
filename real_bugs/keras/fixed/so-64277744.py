import numpy as np
import keras
from keras import layers

rng = np.random.default_rng(1)
n_points = 3841
spectra = np.expand_dims(rng.random((1125, n_points)), -1)
brix = rng.random(1125) * 20

model = keras.Sequential(
    [
        keras.Input(shape=(n_points, 1)),
        layers.Conv1D(64, 2, activation="relu"),
        layers.Flatten(),
        layers.BatchNormalization(),
        layers.Dense(128, activation="relu"),
        layers.BatchNormalization(),
        layers.Dense(1, activation="softplus"),
    ]
)
model.compile(loss="mse", optimizer="rmsprop", metrics=["mae"])
model.fit(spectra, brix, batch_size=8, epochs=20)
