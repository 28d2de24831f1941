import numpy as np
import keras
from keras.models import Sequential
from keras.layers import Dense

# hotel bookings, categories spread over one column per value
bookings = np.random.randint(0, 2, size = (750, 16934))
cancelled = np.random.randint(0, 2, size = 750)

ann = Sequential()
ann.add(Dense(output_dim = 6, init = 'uniform', activation = 'relu', input_dim = 11))
ann.add(Dense(output_dim = 6, init = 'uniform', activation = 'relu'))
ann.add(Dense(output_dim = 1, init = 'uniform', activation = 'sigmoid'))
ann.compile(optimizer = 'adam', loss = 'binary_crossentropy', metrics = ['accuracy'])
ann.fit(bookings, cancelled, batch_size = 10, nb_epoch = 5)
