from keras.datasets import mnist
from keras.utils import to_categorical
from keras.layers import Input, Dense, Flatten
from keras.models import Model

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train[:300].astype('float32') / 255.0
y_train = to_categorical(y_train[:300])

inputs = Input(shape=(28, 28))
x = Dense(128, activation='relu')(Flatten()(inputs))
x = Dense(128, activation='relu')(x)
x = Dense(28, activation='relu')(x)
outputs = Dense(10, activation='softmax')(x)

model = Model(inputs=inputs, outputs=outputs)
model.summary()
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
model.fit(x_train, y_train, epochs=5, batch_size=100)
