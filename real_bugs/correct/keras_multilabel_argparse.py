import argparse
import numpy as np
from keras import Input, Model
from keras.layers import Dense, SeparableConv2D, DepthwiseConv2D, GlobalMaxPooling2D, ReLU, ZeroPadding2D, Cropping2D


def parse_args():
    ap = argparse.ArgumentParser()
    ap.add_argument('-s', '--size', type=int, default=48)
    ap.add_argument('-l', '--labels', type=int, default=17)
    ap.add_argument('--widths', type=int, nargs='+', default=[8, 16, 32])
    return ap.parse_args()


def main():
    args = parse_args()
    image = Input(shape=(args.size, args.size, 4), name='satellite')
    x = ZeroPadding2D(((1, 2), (0, 3)))(image)
    x = Cropping2D(((1, 2), (0, 3)))(x)
    for i, w in enumerate(args.widths):
        x = SeparableConv2D(w, 3, strides=2 if i % 2 else 1, padding='same', name='sep{}'.format(i))(x)
        x = DepthwiseConv2D(3, padding='same', depth_multiplier=1)(x)
        x = ReLU(max_value=6)(x)
    tags = Dense(args.labels, activation='sigmoid')(GlobalMaxPooling2D()(x))
    model = Model(image, tags)
    model.compile('nadam', 'binary_crossentropy', metrics=['binary_accuracy'])
    X = np.random.rand(12, args.size, args.size, 4)
    Y = (np.random.rand(12, args.labels) > 0.8).astype(int)
    model.fit(X, Y, batch_size=6, epochs=1)


main()
