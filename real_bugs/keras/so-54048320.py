# fine-tuned head on VGG16 features of 512x512 scans
import numpy as np
from keras.applications.vgg16 import VGG16, preprocess_input
from keras.models import Model
from keras.layers import Input, Dense

conv_base = VGG16(weights=None, include_top=False, input_shape=(512, 512, 3))

inp = Input(shape=(16 * 16 * 512,))
hidden = Dense(8, activation='relu')(inp)
out = Dense(2, activation='softmax')(hidden)
clf = Model(inp, out)

scan = np.random.uniform(0, 255, size=(1, 512, 512, 3))
feats = conv_base.predict(preprocess_input(scan))
print(feats.shape)          # (1, 16, 16, 512)
answer = clf.predict(feats[0])
print(answer)
