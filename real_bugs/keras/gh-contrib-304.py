import numpy as np
from keras.applications import DenseNet121
from keras.layers import Dense, Flatten
from keras.models import Model


def build(n_classes=10):
    base = DenseNet121(include_top=False, weights=None, input_shape=(224, 224, 3))
    x = base.output              # 7 x 7 x 1024
    outputs = Dense(n_classes, activation='softmax')(x)
    return Model(base.input, outputs)


model = build()
model.compile('sgd', 'categorical_crossentropy')
X = np.random.rand(2, 224, 224, 3)
Y = np.eye(10)[:2]
model.fit(X, Y)
