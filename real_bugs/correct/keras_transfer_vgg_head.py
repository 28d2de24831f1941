from keras.applications.vgg16 import VGG16
from keras.models import Sequential, Model
from keras.layers import Flatten, Dense, Dropout
from keras.optimizers import SGD
import numpy as np

vgg = VGG16(weights=None, include_top=False, input_shape=(96, 96, 3))
for layer in vgg.layers[:15]:
    layer.trainable = False

top = Sequential()
top.add(Flatten(input_shape=vgg.output_shape[1:]))
top.add(Dense(64, activation='relu'))
top.add(Dropout(0.5))
top.add(Dense(5, activation='softmax'))
model = Model(inputs=vgg.input, outputs=top(vgg.output))
model.compile(loss='categorical_crossentropy', optimizer=SGD(1e-4, momentum=0.9))
model.fit(np.random.rand(2, 96, 96, 3), np.eye(5)[:2])
