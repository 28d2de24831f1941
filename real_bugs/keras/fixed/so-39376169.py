from tensorflow.keras.preprocessing.image import ImageDataGenerator
from keras.models import Sequential
from keras.layers import Convolution2D, MaxPooling2D, Activation, Dropout, Flatten, Dense

side = 150          # pixels

net = Sequential()
net.add(Convolution2D(32, 3, input_shape=(side, side, 3)))
net.add(Activation('relu'))
net.add(MaxPooling2D(pool_size=(2, 2)))
net.add(Convolution2D(32, 3))
net.add(Activation('relu'))
net.add(MaxPooling2D(pool_size=(2, 2)))
net.add(Convolution2D(64, 3))
net.add(Activation('relu'))
net.add(MaxPooling2D(pool_size=(2, 2)))
net.add(Flatten())
net.add(Dense(64))
net.add(Activation('relu'))
net.add(Dropout(0.5))
net.add(Dense(1))
net.add(Activation('sigmoid'))
net.compile('rmsprop', loss='binary_crossentropy')

pets = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True).flow_from_directory(
    'pets/train', target_size=(side, side), class_mode='binary', batch_size=1)
net.fit(pets, epochs=30)
