# files: {"sales.csv": [120, 5]}
import numpy as np
import pandas as pd
from sklearn.preprocessing import MinMaxScaler
from keras.models import Sequential
from keras.layers import LSTM, Dense

table = pd.read_csv('sales.csv')
weeks = MinMaxScaler().fit_transform(table[['c0', 'c1', 'c2', 'c3']].values)
back = 12
past, following = [], []
for end in range(back, len(weeks)):
    past.append(weeks[end - back:end])
    following.append(weeks[end, 0])
past, following = np.array(past), np.array(following).reshape(-1, 1)

net = Sequential()
net.add(LSTM(40, input_shape=(past.shape[1], past.shape[2]), return_sequences=True))
net.add(LSTM(20, return_sequences=False))
net.add(Dense(following.shape[1]))
net.compile('adam', loss='mse')
net.fit(past, following, batch_size=12, validation_split=.2)
print(net.predict(past[-1:]))
