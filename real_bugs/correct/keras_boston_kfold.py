import numpy as np
from keras import models, layers
from keras.datasets import boston_housing

(houses, prices), _ = boston_housing.load_data()
houses = (houses - houses.mean(axis=0)) / houses.std(axis=0)
FOLDS = 3


def regressor(columns):
    net = models.Sequential()
    net.add(layers.Dense(48, activation='relu', input_shape=(columns,)))
    net.add(layers.Dense(1))
    net.compile(optimizer='adam', loss='mae')
    return net


errors = []
for held_out in np.array_split(np.arange(len(houses)), FOLDS):
    kept = np.setdiff1d(np.arange(len(houses)), held_out)
    net = regressor(houses.shape[1])
    net.fit(houses[kept], prices[kept], epochs=5, verbose=0)
    errors.append(net.evaluate(houses[held_out], prices[held_out], verbose=0))
print('mean absolute error %.2f' % np.mean(errors))
