# Q network of a card game: state (54 cards) and candidate move (3 x 54)
import numpy as np
from keras.models import Model
from keras.layers import Input, Dense, concatenate

state_in = Input(shape=(54,), name='state')
action_in = Input(shape=(162,), name='action')
x = concatenate([state_in, action_in])
x = Dense(164, activation='relu')(x)
x = Dense(150, activation='relu')(x)
x = Dense(3)(x)
q = Dense(1)(x)
model = Model(inputs=[state_in, action_in], outputs=q)
model.compile(loss='mse', optimizer='rmsprop')

state = np.zeros((1, 54))
action_one_hot = np.zeros((1, 162))
action_one_hot[0, 17] = 1
qval = model.predict([state, action_one_hot], batch_size=1)
print(qval)
