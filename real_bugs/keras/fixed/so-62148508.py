import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation, Flatten
from keras.layers import Conv2D, MaxPooling2D, BatchNormalization

num_features = 64
num_labels = 7
batch_size = 20
width, height = 48, 48

# pixel strings as in a "pixels" column
rows = [' '.join(['0'] * (width * height)) for _ in range(100)]
X_train, train_y = [], []
for n, row in enumerate(rows):
    X_train.append(np.array(row.split(' '), 'float32'))
    train_y.append(n % num_labels)
X_train = np.array(X_train, 'float32')
train_y = np.eye(num_labels)[np.array(train_y, 'int32')]
X_train = X_train.reshape(X_train.shape[0], 48, 48, 1)

model = Sequential()
# module 1
model.add(Conv2D(num_features, kernel_size=(5, 5), padding='same', input_shape=(width, height, 1)))
model.add(Conv2D(num_features, kernel_size=(5, 5), padding='same'))
model.add(BatchNormalization())
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Activation('relu'))
# module 2
model.add(Conv2D(2 * num_features, kernel_size=(5, 5), padding='same'))
model.add(Conv2D(2 * num_features, kernel_size=(5, 5), padding='same'))
model.add(BatchNormalization())
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Activation('relu'))
# flatten
model.add(Flatten())
model.add(Dense(2 * num_features))
model.add(BatchNormalization())
model.add(Activation('relu'))
model.add(Dropout(.25))
model.add(Dense(num_labels, activation='softmax'))

model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X_train, train_y, batch_size=batch_size, epochs=30, verbose=1)
