from keras.layers import Input, Embedding, Reshape, Conv2D, MaxPooling2D, Flatten, Concatenate, Dense
from keras.models import Model

vocab = 20000
emb_dim = 200
max_len = 500
filter_sizes = [2, 3, 4]

words = Input(shape=(max_len,), dtype="int32")
emb = Embedding(vocab, emb_dim)(words)
emb = Reshape((max_len, emb_dim, 1))(emb)

towers = []
for size in filter_sizes:
    c = Conv2D(128, kernel_size=(max_len, size), activation="relu")(emb)
    p = MaxPooling2D(pool_size=(5, 1))(c)
    towers.append(Flatten()(p))

merged = Concatenate()(towers)
out = Dense(1, activation="sigmoid")(merged)
model = Model(words, out)
model.compile("adam", "binary_crossentropy")
