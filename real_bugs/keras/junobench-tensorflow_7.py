#!/usr/bin/env python
# coding: utf-8

# In[5]:


import tensorflow as tf
import numpy as np
from tensorflow.keras.preprocessing.sequence import pad_sequences


# In[6]:


tweets = [np.random.randint(1, 900, size=n).tolist() for n in (12, 40, 259, 7)]
MAX_LEN = max(len(t) for t in tweets)
X = pad_sequences(tweets, maxlen=259, padding='post')
y = np.array([0, 1, 2, 1])


# In[12]:


ids = tf.keras.Input(shape=(50,), dtype='int32', name='ids')
h = tf.keras.layers.Embedding(1000, 16)(ids)
h = tf.keras.layers.Flatten()(h)
h = tf.keras.layers.Dense(32, activation='relu')(h)
prob = tf.keras.layers.Dense(3, activation='softmax')(h)
model = tf.keras.Model(inputs=ids, outputs=prob)
model.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])


# In[13]:


history = model.fit(X, y, epochs=5)
