import numpy as np
import keras
from keras.layers import (Input, Embedding, GRU, Dense, Attention, Concatenate, TimeDistributed, Bidirectional)

SRC, TGT, EMB, UNITS = 300, 400, 32, 48
src = Input((15,), name='src')
tgt = Input((12,), name='tgt')
enc = Bidirectional(GRU(UNITS // 2, return_sequences=True))(Embedding(SRC, EMB)(src))
dec = GRU(UNITS, return_sequences=True)(Embedding(TGT, EMB)(tgt))
context = Attention()([dec, enc])
both = Concatenate(axis=-1)([dec, context])
probs = TimeDistributed(Dense(TGT, activation='softmax'))(both)
nmt = keras.Model([src, tgt], probs)
nmt.compile('adam', 'sparse_categorical_crossentropy')
nmt.fit([np.ones((8, 15)), np.ones((8, 12))], np.ones((8, 12, 1)), epochs=1)
