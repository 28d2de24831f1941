import numpy
from keras.models import Sequential
from keras.layers import Dense, LSTM

look_back = 10
flights = numpy.random.rand(111)

past = numpy.array([flights[k:k + look_back] for k in range(100)])
future = flights[look_back:look_back + 100]
past = numpy.reshape(past, (past.shape[0], past.shape[1], 1))

model = Sequential()
model.add(LSTM(10, input_dim=look_back))
model.add(Dense(1))
model.compile(loss='mean_squared_error', optimizer='adam')
model.fit(past, future, nb_epoch=100, batch_size=1)
