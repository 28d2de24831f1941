import numpy as np
from keras.layers import Input, Embedding, Flatten, Dense
from keras.models import Model

VOCAB, DIM, MAXLEN = 1000, 100, 100
weights = np.random.rand(VOCAB, DIM)

sequence_input = Input(shape=(MAXLEN,), dtype="int32")
embedded = Embedding(VOCAB, DIM, weights=[weights], trainable=False)(sequence_input)
flat = Flatten()(embedded)
x = Dense(100, activation="relu")(flat)
x = Dense(32, activation="relu")(x)
preds = Dense(5, activation="softmax")(x)

model = Model(sequence_input, preds)
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["acc"])
x_train = np.random.randint(0, VOCAB, (64, MAXLEN))
y_train = np.eye(5)[np.random.randint(0, 5, 64)]
model.fit(x_train, y_train, epochs=2, batch_size=64)
