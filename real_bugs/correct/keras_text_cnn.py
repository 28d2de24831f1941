import numpy as np
from keras.layers import Input, Embedding, Conv1D, GlobalMaxPooling1D, Concatenate, Dropout, Dense
from keras.models import Model

CFG = {
    "vocab": 5000,
    "dim": 50,
    "length": 60,
    "kernels": (2, 3, 4, 5),
    "filters": 64,
    "classes": 6,
}


def build(cfg=CFG):
    tokens = Input(shape=(cfg["length"],))
    emb = Embedding(cfg["vocab"], cfg["dim"])(tokens)
    branches = [GlobalMaxPooling1D()(Conv1D(cfg["filters"], k, activation="relu")(emb)) for k in cfg["kernels"]]
    z = Concatenate()(branches)
    z = Dropout(0.5)(z)
    return Model(tokens, Dense(cfg["classes"], activation="softmax")(z))


model = build()
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(np.random.randint(0, CFG["vocab"], (32, CFG["length"])), np.random.randint(0, CFG["classes"], 32))
