import tensorflow as tf
import numpy as np

tide = np.sin(np.arange(500) / 6).astype("float32")
LOOK, AHEAD = 24, 3


def windows(values, look, ahead, batch):
    rows = tf.data.Dataset.from_tensor_slices(values).window(look + ahead, shift=2, drop_remainder=True)
    rows = rows.flat_map(lambda row: row.batch(look + ahead))
    rows = rows.map(lambda row: (row[:look], row[look:]))
    return rows.shuffle(50).batch(batch)


net = tf.keras.Sequential([
    tf.keras.Input((LOOK,)),
    tf.keras.layers.Reshape((LOOK, 1)),
    tf.keras.layers.Conv1D(12, 4, padding="causal", activation="relu"),
    tf.keras.layers.Bidirectional(tf.keras.layers.GRU(10)),
    tf.keras.layers.Dense(AHEAD),
])
net.compile("sgd", loss=tf.keras.losses.Huber())
net.fit(windows(tide, LOOK, AHEAD, 16))
