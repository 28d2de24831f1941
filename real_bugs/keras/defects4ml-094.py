import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Activation

vocab_size = 100
num_labels = 5
x_data = np.random.randint(0, 2, (40, vocab_size))     # bag of words
y_data = np.eye(num_labels)[np.random.randint(0, num_labels, 40)]

model = Sequential()
model.add(Dense(512, input_shape=(vocab_size,)))
model.add(Activation('relu'))
model.add(Dense(num_labels))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(x_data, y_data, batch_size=8, epochs=2)

labels = ['a', 'b', 'c', 'd', 'e']
prediction = model.predict(x_data[0])
print(labels[np.argmax(prediction[0])])
