from tensorflow.keras.datasets import cifar10
from tensorflow.keras import layers, models, regularizers
from tensorflow.keras.utils import to_categorical

(pics, kinds), (_, _) = cifar10.load_data()
pics, kinds = pics[:128] / 255., to_categorical(kinds[:128])

m = models.Sequential()
for stage, width in enumerate([24, 48, 96]):
    for turn in range(2):
        first = dict(input_shape=pics.shape[1:]) if stage == turn == 0 else {}
        m.add(layers.Conv2D(width, 3, padding='same', kernel_regularizer=regularizers.l2(5e-4), **first))
        m.add(layers.BatchNormalization())
        m.add(layers.Activation('elu'))
    m.add(layers.MaxPooling2D(2))
    m.add(layers.Dropout((stage + 2) / 10))
m.add(layers.Flatten())
m.add(layers.Dense(kinds.shape[1], activation='softmax'))
m.compile('rmsprop', 'categorical_crossentropy', metrics=['accuracy'])
m.fit(pics, kinds, batch_size=32, validation_split=.25)
