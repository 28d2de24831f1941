import numpy
from keras.models import Sequential
from keras.layers import Dense, LSTM

look_back = 10


def create_dataset(values, look_back=1):
    dataX, dataY = [], []
    for i in range(len(values) - look_back - 1):
        dataX.append(values[i:(i + look_back), 0])
        dataY.append(values[i + look_back, 0])
    return numpy.array(dataX), numpy.array(dataY)


passengers = numpy.random.rand(144, 1)
trainX, trainY = create_dataset(passengers[:100], look_back)
trainX = numpy.reshape(trainX, (trainX.shape[0], trainX.shape[1], 1))

model = Sequential()
model.add(LSTM(10, input_dim=look_back))
model.add(Dense(1))
model.compile(loss='mean_squared_error', optimizer='adam')
model.fit(trainX, trainY, nb_epoch=100, batch_size=1, verbose=2)
