import numpy as np
from keras.models import Sequential
from keras.layers import Conv2D, Flatten, Dense, Dropout

IMG_SIZE = 30
faces = np.random.rand(10, IMG_SIZE, IMG_SIZE, 3)
who = np.zeros((10, 2))
who[:5, 0] = 1
who[5:, 1] = 1

model = Sequential()
model.add(Conv2D(32, 3, 3, input_shape=faces.shape[1:]))
model.add(Flatten())
model.add(Dense(100, activation='relu'))
model.add(Dropout(0.5))
model.add(Dense(2, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(faces, who, epochs=3, verbose=1)

# now try one picture
img = faces[0]
pred = model.predict(img)
print(pred)
