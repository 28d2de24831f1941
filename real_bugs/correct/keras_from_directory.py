# files: {"stones/flint/": [6, 40, 50], "stones/slate/": [6, 40, 50], "stones/chalk/": [6, 40, 50]}
import tensorflow as tf
from tensorflow.keras import layers

opts = dict(directory="stones", image_size=(60, 90), batch_size=3, seed=1, validation_split=1 / 3)
seen = tf.keras.utils.image_dataset_from_directory(subset="training", **opts)
unseen = tf.keras.utils.image_dataset_from_directory(subset="validation", **opts)
kinds = len(seen.class_names)
seen = seen.shuffle(20).repeat().prefetch(tf.data.AUTOTUNE)

net = tf.keras.Sequential()
net.add(layers.Rescaling(1 / 255, input_shape=(60, 90, 3)))
for n in [8, 16]:
    net.add(layers.Conv2D(n, 5, padding='same', activation='relu'))
    net.add(layers.MaxPooling2D(3))
net.add(layers.Flatten())
net.add(layers.Dense(kinds))
net.compile('adam', tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
net.fit(seen, validation_data=unseen, steps_per_epoch=2)
