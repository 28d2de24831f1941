from keras.layers import Input, Conv2D, MaxPooling2D, GlobalAveragePooling2D, Dense, concatenate
from keras.models import Model

WIDTHS = [
    {'point': 16, 'three': (24, 32), 'five': (4, 8), 'pool': 8},
    {'point': 32, 'three': (32, 48), 'five': (8, 24), 'pool': 16},
]


def conv(x, n, k=1, **more):
    return Conv2D(n, k, padding='same', activation='relu', **more)(x)


def branches(x, point, three, five, pool, name):
    parts = [conv(x, point)]
    for k, (before, after) in ((3, three), (5, five)):
        parts.append(conv(conv(x, before), after, k))
    parts.append(conv(MaxPooling2D(3, strides=1, padding='same')(x), pool))
    return concatenate(parts, axis=3, name=name)


plant = Input((100, 100, 3))
x = MaxPooling2D(3, strides=2)(conv(plant, 32, 7, strides=2))
for i, w in enumerate(WIDTHS):
    x = branches(x, name=f'branches_{i}', **w)
species = Dense(8, activation='softmax', name='species')(GlobalAveragePooling2D()(x))
health = Dense(1, activation='sigmoid', name='health')(GlobalAveragePooling2D()(x))
Model(plant, [species, health]).summary()
