# In[1]:
import tensorflow as tf
from tensorflow.keras import layers, models

IMG = 64

# In[2]:
def build(depth):
    m = models.Sequential([layers.Input((IMG, IMG, 3))])
    for d in range(depth):
        m.add(layers.Conv2D(8 * 2 ** d, 3, padding='same', activation='relu'))
        m.add(layers.BatchNormalization())
        m.add(layers.MaxPooling2D())
    m.add(layers.Flatten())
    m.add(layers.Dense(16, activation='relu'))
    m.add(layers.Dropout(0.3))
    m.add(layers.Dense(2, activation='softmax'))
    return m

# In[3]:
best = build(depth=4)
best.save_weights('best.weights.h5')

# In[9]:
restored = build(depth=3)
restored.load_weights('best.weights.h5')
