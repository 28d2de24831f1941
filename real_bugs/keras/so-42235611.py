# behavioural cloning: predict the steering angle from a camera frame
import numpy as np
from keras.models import Sequential
from keras.layers import Lambda, Cropping2D, Conv2D, Activation, Flatten, Dense

X_train = np.random.randint(0, 255, (100, 160, 320, 3)).astype('float32')
y_train = np.random.uniform(-1, 1, 100)     # one angle per frame

model = Sequential()
model.add(Cropping2D(cropping=((50, 20), (0, 0)), input_shape=(160, 320, 3)))
model.add(Lambda(lambda x: x / 127.5 - 1.0))
model.add(Conv2D(32, 3, 3))
model.add(Activation('relu'))
model.add(Conv2D(32, 3, 3))
model.add(Activation('relu'))
model.add(Flatten())
model.add(Dense(128))
model.add(Activation('relu'))
model.add(Dense(4))

model.compile('adam', 'mse', metrics=['mae'])
history = model.fit(X_train, y_train, batch_size=20, epochs=10, validation_split=0.2, shuffle=True)
