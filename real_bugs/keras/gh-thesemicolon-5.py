import numpy as np
from keras.models import Sequential
from keras.layers import LSTM

# chat bot: question and answer sentences of 15 words
x_train = np.zeros((20, 15))
y_train = np.zeros((20, 15))

model = Sequential()
for k in range(4):
    if k == 0:
        model.add(LSTM(300, input_shape=x_train.shape[1:], return_sequences=True,
                       kernel_initializer='glorot_normal', activation='sigmoid'))
    else:
        model.add(LSTM(300, return_sequences=True, kernel_initializer='glorot_normal', activation='sigmoid'))
model.compile(loss='cosine_similarity', optimizer='adam', metrics=['accuracy'])
model.fit(x_train, y_train, epochs=5)
model.save('LSTM500.keras')
