import numpy as np
import keras
from keras import layers

# a letter to the town hall: subject, text and sender's district -> urgency and office
WORDS, DISTRICTS, OFFICES = 3000, 9, 6
subject = keras.Input((None,), name="subject")
text = keras.Input((80,), name="text")
district = keras.Input((DISTRICTS,), name="district")
look_up = layers.Embedding(WORDS, 24)
read = [layers.GRU(16)(look_up(subject)), layers.Bidirectional(layers.GRU(16))(look_up(text)), district]
known = layers.concatenate(read)
urgency = layers.Dense(1, activation="sigmoid", name="urgency")(known)
office = layers.Dense(OFFICES, activation="softmax", name="office")(known)
clerk = keras.Model([subject, text, district], {"urgency": urgency, "office": office})
clerk.compile("adam", loss={"urgency": "binary_crossentropy", "office": "sparse_categorical_crossentropy"})
n = 40
clerk.fit(
    {"subject": np.random.randint(0, WORDS, (n, 8)), "text": np.random.randint(0, WORDS, (n, 80)),
     "district": np.eye(DISTRICTS)[np.random.randint(0, DISTRICTS, n)]},
    {"urgency": np.random.rand(n, 1), "office": np.random.randint(0, OFFICES, (n, 1))},
    batch_size=20)
