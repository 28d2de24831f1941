from keras.layers import Input, Conv2D, MaxPooling2D, UpSampling2D, Cropping2D
from keras.models import Model
from keras.datasets import fashion_mnist

(shirts, _), _ = fashion_mnist.load_data()
shirts = shirts[:128, :, :, None].astype('float32') / 255

picture = Input(shirts.shape[1:])
code = picture
for n in (12, 6):
    code = Conv2D(n, 3, activation='relu', padding='same')(code)
    code = MaxPooling2D(3, strides=2, padding='same')(code)
code = MaxPooling2D(2, padding='same')(code)            # 4 x 4 x 6
drawn = code
for n in (6, 12, 12):
    drawn = UpSampling2D()(drawn)
    drawn = Conv2D(n, 3, activation='relu', padding='same')(drawn)
drawn = Cropping2D(2)(drawn)                            # 32 -> 28
drawn = Conv2D(1, 3, activation='sigmoid', padding='same')(drawn)
copier = Model(picture, drawn)
copier.compile('adam', loss='mse')
copier.fit(shirts, shirts, batch_size=32)
