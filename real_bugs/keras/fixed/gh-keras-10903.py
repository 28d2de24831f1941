import keras
from keras.models import Sequential
from keras.layers import Conv2D, Activation

keras.backend.set_image_data_format('channels_first')

# one frame at a time, so the batch is 1
model = Sequential()
model.add(Conv2D(96, (11, 11), strides=(3, 3), input_shape=(3, 144, 256), data_format='channels_first'))
model.add(Activation('relu'))
print(model.output_shape)
