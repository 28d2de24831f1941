import keras
from keras import layers
from keras.datasets import fashion_mnist

(X, y), _ = fashion_mnist.load_data()
X_train = X[:200].reshape(-1, 28, 28, 1).astype('float32') / 255
Y_train = y[:200]

def conv_block(model, filters, **kw):
    model.add(layers.Conv2D(filters, (3, 3), **kw))
    model.add(layers.BatchNormalization())
    model.add(layers.Activation('relu'))
    model.add(layers.MaxPooling2D((2, 2)))

model = keras.Sequential(name='garments')
conv_block(model, 16, input_shape=(28, 28, 1))
conv_block(model, 16)
model.add(layers.Flatten())
model.add(layers.Dense(400, activation='relu'))
model.add(layers.Dropout(0.2))
model.add(layers.Dense(10, activation='softmax'))

model.compile(loss=keras.losses.categorical_crossentropy, optimizer='adam', metrics=['accuracy'])
model.fit(X_train, Y_train, batch_size=50, epochs=5)
