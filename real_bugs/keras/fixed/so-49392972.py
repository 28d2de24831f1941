import numpy as np
import keras
from keras.models import Sequential
from keras.layers import Conv2D, MaxPooling2D, Flatten, Dense

model = Sequential()
model.add(keras.Input(shape=(224, 224, 3)))
for filters, repeat in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
    for i in range(repeat):
        model.add(Conv2D(filters, (3, 3), activation='relu', padding='same'))
    model.add(MaxPooling2D((2, 2)))

model.add(Flatten())
model.add(Dense(4096, activation='relu'))
model.add(Dense(4096, activation='relu'))
model.add(Dense(3, activation='softmax'))

model.compile(loss='categorical_crossentropy', optimizer='sgd')

picture = np.ones((1, 224, 224, 3), dtype='float32')
label = keras.utils.to_categorical([2], num_classes=3)
model.fit(picture, label, epochs=1)
