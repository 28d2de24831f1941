"""Python around the models: control flow, functions, settings, classes."""

import pytest

from tests.source.reading import network, reads_as

#: Small programs, each under its name; ``{model}`` is where the model is built.
PROGRAMS = """
## a plain constant
n = 6
{model}
## arithmetic
n = 2 ** 3 - 10 // 4
{model}
## a dict of settings
cfg = dict(a={'units': 6})
n = cfg['a']['units']
{model}
## get with a default
cfg = {}
n = cfg.get('units', 6)
{model}
## a tuple unpacked
(_, n), *rest = (1, 6), 3, 4
{model}
## a default argument
def f(k=6): return k
n = f()
{model}
## keyword arguments passed on
def f(**kw): return kw['k']
n = f(k=6)
{model}
## star arguments
def f(*a): return a[-1]
n = f(*[1, 6])
{model}
## a closure
def f(a):
    def g(): return a + 1
    return g
n = f(5)()
{model}
## a lambda
n = (lambda a, b=2: a * b)(3)
{model}
## a conditional expression
flag = True
n = 6 if flag else 7
{model}
## a known condition
n = 1
if n == 1 and not n > 2:
    n = 6
else:
    n = 9
{model}
## an elif
k = 'b'
if k == 'a': n = 1
elif k == 'b': n = 6
else: n = 2
{model}
## a while loop
n = 0
while n < 6:
    n += 1
{model}
## a for loop with break
for n in range(100):
    if n == 6:
        break
{model}
## zip and enumerate
for i, (a, b) in enumerate(zip([1, 2], [5, 6])):
    n = b
{model}
## a comprehension
n = sum([x for x in range(4) if x])
{model}
## a dict comprehension
n = {k: v for k, v in [('a', 6)]}['a']
{model}
## a string
n = len('a,b,c,d,e,f'.split(','))
{model}
## an f-string
n = int(f'{2 * 3}')
{model}
## try and except
try:
    raise ValueError
except ValueError:
    n = 6
{model}
## a global
n = 1
def f():
    global n
    n = 6
f()
{model}
## an attribute
class A: pass
a = A()
a.n = 6
n = a.n
{model}
## a class constant
class A:
    N = 6
n = A.N
{model}
## a method and a property
class A:
    def __init__(self): self._n = 6
    @property
    def n(self): return self._n
n = A().n
{model}
## inheritance
class A:
    def n(self): return 5
class B(A):
    def n(self): return super().n() + 1
n = B().n()
{model}
## a dataclass
from dataclasses import dataclass
@dataclass
class C:
    a: int = 1
    n: int = 6
n = C(a=3).n
{model}
## argparse
import argparse
p = argparse.ArgumentParser()
p.add_argument('--n', type=int, default=6)
n = p.parse_args().n
{model}
## a namespace
from types import SimpleNamespace
n = SimpleNamespace(n=6).n
{model}
## the main guard
n = 6
if __name__ == '__main__':
    {model}
## with
import tensorflow as tf
n = 6
with tf.distribute.MirroredStrategy().scope():
    {model}
## a walrus
if (n := 6) > 3: pass
{model}
## match
match 'b':
    case 'a': n = 1
    case 'b' | 'c': n = 6
{model}
## functools.partial
from functools import partial
n = partial(lambda a, b: a + b, 5)(1)
{model}
## min, max, round, abs
n = max(min(9, 6), abs(-2), round(1.2))
{model}
## a decorator of the program
def six(f):
    def g(): return 6
    return g
@six
def f(): return 1
n = f()
{model}
## notebook lines
# In[1]:
%matplotlib inline
!pip install keras
get_ipython().system('ls')
n = 6
{model}
## Python 2 prints
print 'hello', 3
n = 6
print n
{model}
## old except clauses
try:
    n = 6
except ValueError, e:
    print e
{model}
"""
CASES = dict(part.split("\n", 1) for part in PROGRAMS.split("## ")[1:])


@pytest.mark.parametrize("name", CASES)
def test_a_number_finds_its_way_into_a_layer(name):
    net = network(CASES[name].replace("{model}", "model = Sequential([Dense(n, input_dim=3)])"))
    assert net["dense"].args["units"] == 6
    assert net.incomplete == ()


def test_builder_with_loops_and_settings():
    reads_as(
        """
        import keras
        from keras import layers as L
        CONFIG = {'filters': [4, 8], 'dense': [10], 'activation': 'relu'}
        def conv_block(x, filters, kernel=3, **kwargs):
            x = L.Conv2D(filters, kernel, padding='same', **kwargs)(x)
            return L.MaxPooling2D(2)(x)
        def build(shape, cfg):
            inputs = x = keras.Input(shape)
            for f in cfg['filters']:
                x = conv_block(x, f, activation=cfg['activation'])
            x = L.Flatten()(x)
            for i, units in enumerate(cfg['dense'], 1):
                x = L.Dense(units, name=f'fc{i}')(x)
            return keras.Model(inputs, x)
        model = build((16, 16, 3), CONFIG)
        """,
        """
        input_layer input (None, 16, 16, 3)
        conv2d conv (None, 16, 16, 4)
        max_pooling2d pool (None, 8, 8, 4)
        conv2d_1 conv (None, 8, 8, 8)
        max_pooling2d_1 pool (None, 4, 4, 8)
        flatten flatten (None, 128)
        fc1 dense (None, 10)
        """,
    )


def test_a_function_nobody_calls_is_read():
    net = network(
        """
        from keras import Sequential
        from keras.layers import Dense
        def build(features, units=5):
            model = Sequential()
            model.add(Dense(units, input_shape=(features,)))
            return model
        """
    )
    assert net["dense"].args["units"] == 5
    assert net.incomplete


def test_a_condition_that_is_not_known_takes_the_branch_that_builds():
    net = network(
        """
        import os
        from keras.models import Sequential, load_model
        from keras.layers import Dense
        if os.path.exists('model.h5'):
            model = load_model('model.h5')
        else:
            model = Sequential()
            model.add(Dense(3, input_dim=2))
        model.compile('adam', 'mse')
        """
    )
    assert net["dense"].args["units"] == 3


def test_two_models_behind_an_unknown_condition_are_both_read():
    from tests.source.reading import networks

    found = networks(
        """
        import sys
        from keras.models import Sequential
        from keras.layers import Dense, LSTM
        if sys.argv[1] == 'mlp':
            model = Sequential([Dense(3, input_dim=2), Dense(1)])
        else:
            model = Sequential([LSTM(3, input_shape=(4, 2)), Dense(2)])
        """
    )
    assert sorted([node.kind for node in net][1] for net in found) == ["dense", "recurrent"]


def test_a_loop_of_unknown_length_leaves_the_model_incomplete():
    net = network(
        """
        import sys
        from keras import Sequential
        from keras.layers import Dense
        model = Sequential([Dense(3, input_dim=2)])
        for i in range(int(sys.argv[1])):
            model.add(Dense(4))
        """
    )
    assert any("loop" in text for text, _ in net.incomplete)
