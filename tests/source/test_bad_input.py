"""What is no program, or does not end: one clear line, or a bounded result."""

import time

import pytest

from repairnn.frontends.source import BadInput, lower

MODEL = "\nfrom keras import Sequential\nfrom keras.layers import Dense\nmodel = Sequential([Dense(2, input_dim=3)])\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        (" \n\t\n", "empty"),
        ("\0\1", "not a text file"),
        ("def f(:\n  pass", "does not parse"),
        ("\x89PNG\r\n", "does not parse"),
        ("x = 1\n" * 900_000, "5,400,000 characters"),
        ("x = " + "(" * 1000 + ")" * 1000, "nest"),
        ("x = " + "not " * 1000 + "1", "nests"),
        ("x = a" + ".b" * 1000, "nests"),
        ("".join(" " * i + "if 1:\n" for i in range(1000)) + " " * 1000 + "pass", "indentation"),
        ("x = '\ud800'", "not a Python program"),
    ],
)  # fmt: skip
def test_text_that_is_no_program(text, message):
    with pytest.raises(BadInput) as caught:
        lower(text, "bad.py")
    assert message in str(caught.value)
    assert str(caught.value).startswith("bad.py")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "while True:\n    x = 1",
        "i = 0\nwhile i < 10 ** 9:\n    i += 1",
        "while unknown():\n    pass",
        "def f(n): return f(n + 1)\nf(0)",
        "def f(n): return g(n) + g(n)\ndef g(n): return f(n) + f(n)\nf(0)",
        "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\nfib(40)",
        "for a in range(10 ** 12):\n    x = a",
        "for a in range(999):\n    for b in range(999):\n        for c in range(999):\n            x = a",
        "x = 10 ** 10 ** 10\ny = 'a' * 10 ** 10\nz = [0] * 10 ** 9\nw = 1 << 10 ** 9",
        "x = '%999999999d' % 5\ny = f'{5:999999999}'\nz = '{:999999999}'.format(5)\nw = 'a'.rjust(10 ** 10)",
        "s = 'a'\nl = [1]\nn = 3\nfor i in range(200):\n    s = s + s\n    l = l + l\n    n = n * n",
        "l = []\nl.append(l)\nfor x in l: l.append(x)",
        "import itertools\nl = [1] * 999\nfor x in itertools.product(l, l, l): pass",
        "def g():\n    while True:\n        yield 1\nfor x in g(): pass",
        "import keras\nclass N(keras.Model):\n    def call(self, x): return self(x)\nN()(keras.Input((3,)))",
        "from keras import Sequential\na = Sequential(); b = Sequential()\na.add(b); b.add(a)\na.build((None, 3))",
        "class A(A): pass\nA()",
        "return 3",
        "x = " + " and ".join(["a"] * 2000),
    ],
)
def test_programs_without_end_are_bounded_and_the_rest_is_read(text):
    started = time.process_time()
    program = lower(text + MODEL)
    assert time.process_time() - started < 5
    if not text.startswith("return"):
        assert any("dense" in network.nodes for network in program.networks)


def test_reading_starts_fast_and_imports_no_framework():
    import subprocess
    import sys

    code = (
        "import sys\nfrom repairnn.frontends.source import lower\n"
        f"lower({MODEL!r})\n"
        "bad = {'numpy', 'tensorflow', 'keras', 'torch', 'z3', 'libcst', 'onnx'} & set(sys.modules)\n"
        "sys.exit(f'imported {bad}' if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
