# files: {"data/train/cats/": [4, 30, 30], "data/train/dogs/": [4, 30, 30]}
from tensorflow.keras.preprocessing.image import ImageDataGenerator
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import Conv2D, MaxPooling2D, Flatten, Dense, Dropout

WIDTH, HEIGHT = 64, 64
gen = ImageDataGenerator(rescale=1. / 255, validation_split=0.25)
train = gen.flow_from_directory('data/train', target_size=(HEIGHT, WIDTH), batch_size=4, class_mode='categorical',
                                subset='training')
valid = gen.flow_from_directory('data/train', target_size=(HEIGHT, WIDTH), batch_size=4, class_mode='categorical',
                                subset='validation')
model = Sequential()
model.add(Conv2D(16, 3, activation='relu', input_shape=(HEIGHT, WIDTH, 3)))
model.add(MaxPooling2D())
model.add(Conv2D(32, 3, activation='relu'))
model.add(MaxPooling2D())
model.add(Flatten())
model.add(Dense(32, activation='relu'))
model.add(Dropout(0.5))
model.add(Dense(len(train.class_indices), activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(train, epochs=3, validation_data=valid)
