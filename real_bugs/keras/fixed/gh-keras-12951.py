from keras.models import Sequential
from keras.layers import Conv2D, MaxPooling2D

conf = {'kernel_size': 3, 'padding': 'same', 'activation': 'relu'}

model = Sequential()
for n in (16, 32, 64, 128):
    if n == 16:
        model.add(Conv2D(n, input_shape=(28, 28, 1), **conf))
    else:
        model.add(Conv2D(n, **conf))
    model.add(MaxPooling2D(pool_size=2))
model.summary()
