import numpy as np
from sklearn.preprocessing import OneHotEncoder
from keras.models import Sequential
from keras.layers import Dense

texts = np.random.rand(439, 3277)                       # tf-idf matrix
labels = np.arange(439).reshape(-1, 1) % 5
encoded = OneHotEncoder(sparse_output=False).fit_transform(labels)

model = Sequential()
model.add(Dense(30, input_dim=texts.shape[1], activation='relu'))
model.add(Dense(30, activation='relu'))
model.add(Dense(5, activation='softmax'))
model.compile(loss='categorical_crossentropy',
              optimizer='adam',
              metrics=['accuracy'])
model.fit(texts, encoded, epochs=10, batch_size=20)
