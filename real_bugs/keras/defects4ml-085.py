# coding: utf-8

# In[1]:

get_ipython().run_line_magic('matplotlib', 'inline')
import numpy as np
import tensorflow as tf
from tensorflow import keras

# In[2]:

(mnist_x, mnist_y), _ = keras.datasets.mnist.load_data()
train_images = mnist_x[:500] / 255.0
train_labels = (mnist_y[:500] == 7).astype('float32')
train_images.shape

# In[3]:

cnn = keras.models.Sequential()
cnn.add(keras.layers.Conv2D(64, (5, 50), padding='same', activation='relu', input_shape=(28, 28, 1)))
cnn.add(keras.layers.MaxPooling2D(pool_size=2))
cnn.add(keras.layers.Flatten())
cnn.add(keras.layers.Dropout(0.5))
cnn.add(keras.layers.Dense(1, activation='sigmoid'))
cnn.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])

# In[4]:

get_ipython().system('nvidia-smi')
cnn.fit(train_images, train_labels, epochs=5)
