"""The well-known data sets: shapes as their documentation gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.library import function
from repairnn.frontends.source.values import Array, Known, Listing, Object, Value, known

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine

#: Keras: name to training samples, test samples, shape of a sample, shape of a label, form of the labels.
#: Source: the data set pages of keras.io.
KERAS = {
    "mnist": (60000, 10000, (28, 28), (), "classes:10"),
    "fashion_mnist": (60000, 10000, (28, 28), (), "classes:10"),
    "cifar10": (50000, 10000, (32, 32, 3), (1,), "classes:10"),
    "cifar100": (50000, 10000, (32, 32, 3), (1,), "classes:100"),
    "boston_housing": (404, 102, (13,), (), ""),
    "california_housing": (16512, 4128, (8,), (), ""),
    "imdb": (25000, 25000, (), (), "binary"),
    "reuters": (8982, 2246, (), (), "classes:46"),
}

#: scikit-learn: name to samples, shape of a sample, shape of a label, form of the labels.
SKLEARN = {
    "load_iris": (150, (4,), (), "classes:3"),
    "load_digits": (1797, (64,), (), "classes:10"),
    "load_wine": (178, (13,), (), "classes:3"),
    "load_breast_cancer": (569, (30,), (), "binary"),
    "load_diabetes": (442, (10,), (), ""),
    "load_linnerud": (20, (3,), (3,), ""),
    "load_boston": (506, (13,), (), ""),
    "fetch_california_housing": (20640, (8,), (), ""),
}


def _keras_loader(name: str) -> None:
    train, test, sample, label, form = KERAS[name]

    @function(f"keras.datasets.{name}.load_data", f"{name}.load_data")
    def load(machine: Machine, call: Call) -> Value:
        halves = [
            Listing([Array((n, *sample), "uint8", span=call.span), Array((n, *label), "uint8", form)], "tuple")
            for n in (train, test)
        ]
        return Listing(list(halves), "tuple")


for _name in KERAS:
    _keras_loader(_name)


def _sklearn_loader(name: str) -> None:
    count, sample, label, form = SKLEARN[name]

    @function(f"sklearn.datasets.{name}")
    def load(machine: Machine, call: Call) -> Value:
        data, target = Array((count, *sample), "float64"), Array((count, *label), form=form)
        if known(call.get(0, "return_X_y")) is True:
            return Listing([data, target], "tuple")
        names = Listing([Known(f"feature_{i}") for i in range(sample[0])])
        made = {"data": data, "target": target, "feature_names": names}
        if name == "load_digits":
            made["images"] = Array((count, 8, 8), "float64")
        bunch = Object("sklearn.utils.Bunch", attributes=dict(made))
        return bunch


for _name in SKLEARN:
    _sklearn_loader(_name)


@function("sklearn.datasets.make_classification", "sklearn.datasets.make_regression", "sklearn.datasets.make_blobs")
def generated(machine: Machine, call: Call) -> Value:
    """Random data: 100 samples, and 20, 100 or 2 features by default."""
    from repairnn.frontends.source.libraries.arrays import size_of

    samples, features = call.get(0, "n_samples"), call.get(1, "n_features")
    width = {"make_classification": 20, "make_regression": 100}.get(call.name, 2)
    rows = 100 if samples is None else size_of(samples)
    columns = width if features is None else size_of(features)
    classes = call.get(None, "n_classes")
    form = f"classes:{size_of(classes) or 2}" if call.name == "make_classification" else ""
    targets = call.get(None, "n_targets") if call.name == "make_regression" else None
    answers = (rows,) if targets is None or size_of(targets) == 1 else (rows, size_of(targets))
    return Listing([Array((rows, columns)), Array(answers, form="binary" if form == "classes:2" else form)], "tuple")


@function("sklearn.datasets.make_moons", "sklearn.datasets.make_circles")
def two_classes(machine: Machine, call: Call) -> Value:
    """Points of the plane in two classes."""
    from repairnn.frontends.source.libraries.arrays import size_of

    given = call.get(0, "n_samples")
    rows = 100 if given is None else size_of(given)
    return Listing([Array((rows, 2)), Array((rows,), form="binary")], "tuple")
