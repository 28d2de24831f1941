"""Spell numbers backwards: an encoder and a decoder that share states, and both again for use."""
import numpy as np
from keras.models import Model
from keras.layers import Input, LSTM, Dense

DIGITS, STATE, LONGEST = 12, 24, 7

question = Input((None, DIGITS))
_, h, c = LSTM(STATE, return_state=True)(question)
told = Input((None, DIGITS))
speak = LSTM(STATE, return_sequences=True, return_state=True)
said, _, _ = speak(told, initial_state=[h, c])
choose = Dense(DIGITS, activation='softmax')
learner = Model([question, told], choose(said))
learner.compile('adam', 'categorical_crossentropy')

numbers = np.random.randint(0, 10, (30, LONGEST))
one_hot = np.eye(DIGITS)[numbers]
backwards = one_hot[:, ::-1]
shifted = np.concatenate([np.zeros((30, 1, DIGITS)), backwards[:, :-1]], axis=1)
learner.fit([one_hot, shifted], backwards, epochs=2, batch_size=10)

listener = Model(question, [h, c])
state_in = [Input((STATE,)), Input((STATE,))]
word, h2, c2 = speak(told, initial_state=state_in)
speaker = Model([told] + state_in, [choose(word), h2, c2])
states = listener.predict(one_hot[:1], verbose=0)
answer = speaker.predict([np.zeros((1, 1, DIGITS))] + states, verbose=0)
print(answer[0].shape)
