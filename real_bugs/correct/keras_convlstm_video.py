import numpy as np
from tensorflow.keras import Sequential
from tensorflow.keras.layers import ConvLSTM2D, Conv3D, Input, LayerNormalization

radar = np.zeros((4, 5, 18, 22, 2))
rain = Sequential([Input((None, 18, 22, 2))])
for n in (6, 4):
    rain.add(ConvLSTM2D(n, 3, padding='same', return_sequences=True))
    rain.add(LayerNormalization())
rain.add(Conv3D(2, (1, 3, 3), padding='same', activation='relu'))
rain.compile('adam', loss='mae')
rain.fit(radar[:, :-1], radar[:, 1:], batch_size=2)
