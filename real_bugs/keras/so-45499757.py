import numpy as np
from keras.models import Sequential
from keras.layers import Dense

dataset = np.loadtxt("pima.csv", delimiter=",", skiprows=1)
X = dataset[:, 0:8]
Y = dataset[:, 8]

model = Sequential()
model.add(Dense(8, input_dim=8, activation='relu'))
model.add(Dense(12, activation='relu'))
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X, Y, epochs=150, batch_size=10)

scores = model.evaluate(X, Y)
print("\n%s: %.2f%%" % (model.metrics_names[1], scores[1] * 100))

patient = np.array([6, 148, 72, 35, 0, 33.6, 0.627, 50])
print(model.predict(patient))
