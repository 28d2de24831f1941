import numpy
from keras.models import Sequential
from keras.layers import Dense
from keras.layers import LSTM


def windows(series, look_back=20):
    rows, nxt = [], []
    for i in range(len(series) - look_back):
        rows.append(series[i:i + look_back])
        nxt.append(series[i + look_back])
    return numpy.array(rows), numpy.array(nxt)


look_back = 20
series = numpy.sin(numpy.arange(120) / 5.0)
trainX, trainY = windows(series, look_back)
trainX = numpy.reshape(trainX, (trainX.shape[0], trainX.shape[1], 1))   # (100, 20, 1)

model = Sequential()
model.add(LSTM(4, input_shape=(1, look_back)))
model.add(Dense(1))
model.compile(loss='mean_squared_error', optimizer='adam')
model.fit(trainX, trainY, epochs=100, batch_size=1, verbose=2)
