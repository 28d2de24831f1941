"""scikit-learn: splitting, scaling and encoding of arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from repairnn.frontends.source.libraries.arrays import as_array
from repairnn.frontends.source.library import COMMON, family, function, method
from repairnn.frontends.source.values import Array, Known, Listing, Object, Value, known
from repairnn.semantics.ir import Dim

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine

COMMON["train_test_split"] = "sklearn.model_selection.train_test_split"
SPLIT_PATHS = ("sklearn.model_selection.train_test_split", "sklearn.cross_validation.train_test_split")


@function(*SPLIT_PATHS)
def train_test_split(machine: Machine, call: Call) -> Value:
    """Each array in a training and a test part; a quarter is for testing by default, rounded up."""
    results: list[Value] = []
    for argument in call.positional:
        array = as_array(argument.value)
        train, test = _parts(array, call)
        for count in (train, test):
            shape = None if not array.shape else (count, *array.shape[1:])
            results.append(Array(shape, array.dtype, array.form))
    return Listing(results, "list", open=call.open)


def _parts(array: Array, call: Call) -> tuple[Dim, Dim]:
    if not array.shape or array.shape[0] is None:
        return None, None
    total = array.shape[0]
    test, train = call.get(None, "test_size"), call.get(None, "train_size")
    if test is None and train is not None:
        kept = _portion(known(train, int, float), total, math.floor)
        return kept, None if kept is None else total - kept
    held = _portion(0.25 if test is None else known(test, int, float), total, math.ceil)
    return (None if held is None else total - held), held


def _portion(size: float | int | None, total: int, rounded: object) -> Dim:
    if size is None:
        return None
    if isinstance(size, int):
        return size
    product = size * total
    return math.ceil(round(product, 6)) if rounded is math.ceil else math.floor(product)


@family("sklearn.preprocessing.")
def transformer(machine: Machine, path: str, call: Call) -> Value | None:
    """A scaler or encoder: an object with ``fit_transform``."""
    name = path.rpartition(".")[2]
    if name[:1].isupper():
        return Object(path)
    if name in ("scale", "minmax_scale", "normalize"):
        array = as_array(call.get(0, "X"))
        return Array(array.shape)
    return Array(None)


SAME_SHAPE = (
    "StandardScaler", "MinMaxScaler", "RobustScaler", "MaxAbsScaler", "Normalizer", "QuantileTransformer",
    "PowerTransformer", "OrdinalEncoder",
)  # fmt: skip


def _same_shape(name: str) -> None:
    @method(f"sklearn.preprocessing.{name}", "fit_transform", "transform", "inverse_transform")
    def run(machine: Machine, scaler: Object, call: Call) -> Value:
        array = as_array(call.get(0, "X"))
        return Array(array.shape, "float64")

    @method(f"sklearn.preprocessing.{name}", "fit")
    def fit(machine: Machine, scaler: Object, call: Call) -> Value:
        return scaler


for _name in SAME_SHAPE:
    _same_shape(_name)


@method("sklearn.preprocessing.LabelEncoder", "fit_transform", "transform")
def label_encoded(machine: Machine, encoder: Object, call: Call) -> Value:
    """Class numbers."""
    array = as_array(call.get(0, "y"))
    return Array(array.shape, "int64", array.form or "classes")


@method("sklearn.preprocessing.LabelEncoder", "fit")
@method("sklearn.preprocessing.OneHotEncoder", "fit")
@method("sklearn.preprocessing.LabelBinarizer", "fit")
def fitted(machine: Machine, encoder: Object, call: Call) -> Value:
    """The encoder itself, which now knows the number of classes where the array says it."""
    array = as_array(call.get(0, "y", "X"))
    classes = int(array.form.partition(":")[2]) if array.form.startswith("classes:") else None
    if classes is not None:
        encoder.attributes["classes"] = Known(classes)
    return encoder


@method("sklearn.preprocessing.OneHotEncoder", "fit_transform", "transform")
@method("sklearn.preprocessing.LabelBinarizer", "fit_transform", "transform")
def one_hot(machine: Machine, encoder: Object, call: Call) -> Value:
    """One column a class; a binary label keeps one column with the binarizer."""
    array = as_array(call.get(0, "y", "X"))
    rows = array.shape[0] if array.shape else None
    known_classes = encoder.attributes.get("classes")
    classes = known_classes.value if isinstance(known_classes, Known) else None
    if array.form.startswith("classes:"):
        classes = int(array.form.partition(":")[2])
    if array.form == "binary":
        classes = 1 if encoder.path.endswith("LabelBinarizer") else 2
    return Array((rows, classes), form="one_hot" if classes != 1 else "binary")


@method(Array, "toarray", "todense")
def dense(machine: Machine, array: Array, call: Call) -> Value:
    """A sparse matrix as an array."""
    return array
