from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from keras.models import Sequential
from keras.layers import Dense, Input
from keras.utils import to_categorical

flowers, species = load_iris(return_X_y=True)
flowers = StandardScaler().fit_transform(flowers)
species = to_categorical(species)
known, new, known_kind, new_kind = train_test_split(flowers, species, test_size=.3)


def factory(hidden):
    def make():
        net = Sequential(name='with_%d_hidden' % hidden)
        net.add(Input((flowers.shape[1],)))
        for _ in range(hidden):
            net.add(Dense(9, activation='relu'))
        net.add(Dense(species.shape[1], activation='softmax'))
        net.compile('adam', 'categorical_crossentropy')
        return net
    return make


for make in [factory(h) for h in (0, 1, 2)]:
    net = make()
    net.fit(known, known_kind, batch_size=5, validation_data=(new, new_kind))
    print(net.name, net.evaluate(new, new_kind, verbose=0))
