"""Where batches come from: data sets, loaders, and what a loop over them sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from repairnn.frontends.source.calls import Argument, Call
from repairnn.frontends.source.graph import Site
from repairnn.frontends.source.library import Base, base, family, function, method
from repairnn.frontends.source.operators import FAILURES
from repairnn.frontends.source.scopes import ProgramEnds, ProgramRaises
from repairnn.frontends.source.torch.drawing import as_tensor, data, draw, sketch
from repairnn.frontends.source.torch.transforms import Image, transformed
from repairnn.frontends.source.torch.values import Tensor
from repairnn.frontends.source.values import Array, Instance, Known, Listing, Native, Table, Unknown, Value
from repairnn.semantics.ir import Dim, Shape, Span

if TYPE_CHECKING:
    from repairnn.frontends.source.interpreter import Machine

#: torchvision's data sets: channels, height, width of an image, classes. Source: torchvision's data set pages.
IMAGES: dict[str, tuple[int | None, int | None, int | None, int | None]] = {
    "MNIST": (1, 28, 28, 10), "FashionMNIST": (1, 28, 28, 10), "KMNIST": (1, 28, 28, 10), "QMNIST": (1, 28, 28, 10),
    "EMNIST": (1, 28, 28, None), "USPS": (1, 16, 16, 10), "CIFAR10": (3, 32, 32, 10), "CIFAR100": (3, 32, 32, 100),
    "SVHN": (3, 32, 32, 10), "STL10": (3, 96, 96, 10), "ImageFolder": (3, None, None, None), "ImageNet": (3, None,
    None, 1000),
    "Caltech101": (None, None, None, 101), "Flowers102": (3, None, None, 102), "Food101": (3, None, None, 101),
    "OxfordIIITPet": (3, None, None, 37), "StanfordCars": (3, None, None, 196), "GTSRB": (3, None, None, 43),
    "Places365": (3, None, None, 365), "DTD": (3, None, None, 47), "EuroSAT": (3, 64, 64, 10), "Omniglot": (1, 105,
    105, None),
    "FGVCAircraft": (3, None, None, 100), "DatasetFolder": (None, None, None, None), "FakeData": (3, 224, 224, 10),
}  # fmt: skip


@dataclass(eq=False)
class Dataset(Value):
    """Samples of one kind. ``sample`` is one of them; ``whole`` are the tensors of a ``TensorDataset``."""

    sample_: Value
    length: Dim = None
    whole: list[Tensor] = field(default_factory=list)
    attributes: dict[str, Value] = field(default_factory=dict)

    def attribute(self, machine: Machine, name: str) -> Value:
        if name in self.attributes:
            return self.attributes[name]
        if name == "__getitem__":
            return Native(name, lambda machine, call: self.sample_)
        if name == "__len__":
            return Native(name, lambda machine, call: _length(self.length))
        return Unknown(f"a data set's {name}")

    def set_attribute(self, machine: Machine, name: str, value: Value) -> None:
        self.attributes[name] = value
        if name in ("targets", "labels"):
            self.sample_ = relabelled(self.sample_)

    def item(self, machine: Machine, key: Value) -> Value:
        return self.sample_

    def sample(self, machine: Machine) -> list[Value] | None:
        return [self.sample_]

    def operate(self, machine: Machine, op: str, other: Value, reflected: bool) -> Value | None:
        return self if op == "+" else None

    def describe(self) -> str:
        return "a data set"


def relabelled(sample: Value) -> Value:
    """A sample whose labels are of classes that are not known."""
    if isinstance(sample, Listing):
        return Listing([relabelled(item) for item in sample.items], sample.kind, sample.open)
    return sample.like(sample.dtype) if isinstance(sample, Tensor) and sample.form.startswith("classes") else sample


@dataclass(eq=False)
class Loader(Value):
    """A ``DataLoader``: every step gives a ``batch``."""

    batch: Value
    dataset: Value
    size: Value

    def attribute(self, machine: Machine, name: str) -> Value:
        return {"dataset": self.dataset, "batch_size": self.size}.get(name, Unknown(f"a data loader's {name}"))

    def sample(self, machine: Machine) -> list[Value] | None:
        return [self.batch]

    def truth(self) -> bool | None:
        return True

    def describe(self) -> str:
        return "a data loader"


def _length(length: Dim) -> Value:
    return Unknown("a length") if length is None else Known(length)


@family("torchvision.datasets.")
def known_dataset(machine: Machine, path: str, call: Call) -> Value | None:
    """``datasets.MNIST(root, train=True, transform=...)``."""
    name = path.rpartition(".")[2]
    if name not in IMAGES:
        return Unknown(f"the data set {name}")
    channels, height, width, classes = IMAGES[name]
    size = call.get(None, "image_size")
    if name == "FakeData" and isinstance(size or call.get(1), Listing):
        given = size or call.get(1)
        assert isinstance(given, Listing)
        sides = [item.value if isinstance(item, Known) else None for item in given.items]
        channels, height, width = (sides + [None] * 3)[:3]
    at = {"ImageFolder": 1, "STL10": 3, "FakeData": 3, "DatasetFolder": 3}.get(name, 2)
    transform = call.get(at, "transform")
    image = transformed(machine, transform, Image(channels, height, width, span=call.span))
    if call.get(None, "target_transform") is not None:
        classes = None
    form = f"classes:{classes}" if classes else "classes"
    label = data(machine, (), name="label", dtype="int64", form=form, span=call.span)
    length = {"MNIST": 60000, "CIFAR10": 50000, "CIFAR100": 50000, "FashionMNIST": 60000}.get(name)
    return Dataset(Listing([image, label], "tuple"), length, span=call.span)


@function("torch.utils.data.TensorDataset", "torch.utils.data.dataset.TensorDataset")
def tensor_dataset(machine: Machine, call: Call) -> Value:
    """``TensorDataset(x, y)``: samples are rows."""
    tensors = [as_tensor(machine, argument.value) for argument in call.positional]
    whole = [t for t in tensors if t is not None]
    if call.open or len(whole) < len(tensors):
        return Unknown("a TensorDataset")
    rows: list[Value] = [_row(machine, t) for t in whole]
    shape = whole[0].shape(machine) if whole else None
    return Dataset(Listing(rows, "tuple"), shape[0] if shape else None, whole, span=call.span)


def _row(machine: Machine, tensor: Tensor) -> Value:
    with sketch(machine):
        shape = tensor.shape(machine)
    row = data(machine, shape[1:] if shape else None, name="row", dtype=tensor.dtype, form=tensor.form, key=id(tensor))
    return row


@function("torch.utils.data.random_split")
def _random_split(machine: Machine, call: Call) -> Value:
    source, parts = call.get(0, "dataset"), call.get(1, "lengths")
    if source is None or parts is None:
        return Unknown("random_split()")
    count = len(parts.items) if isinstance(parts, Listing) and not parts.open else 2
    return Listing([_part_of(source)] * count, "list")


def _part_of(source: Value) -> Value:
    return (
        Dataset(source.sample_, None, list(source.whole), span=source.span) if isinstance(source, Dataset) else source
    )


@function("torch.utils.data.Subset", "torch.utils.data.dataset.Subset")
def _subset(machine: Machine, call: Call) -> Value:
    source = call.get(0, "dataset")
    if isinstance(source, Dataset):  # samples of some classes only, perhaps
        return Dataset(relabelled(source.sample_), None, [t.like(t.dtype) for t in source.whole], span=source.span)
    return source if source is not None else Unknown("a Subset")


@function("torch.utils.data.ConcatDataset")
def _concatenated(machine: Machine, call: Call) -> Value:
    source = call.get(0, "datasets")
    if isinstance(source, Listing) and source.items:
        return _part_of(source.items[0])
    return Unknown("a ConcatDataset")


@function("torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader")
def data_loader(machine: Machine, call: Call) -> Value:
    """``DataLoader(dataset, batch_size=64)``."""
    source = call.get(0, "dataset")
    size = call.get(1, "batch_size") or Known(1)
    collate = call.get(None, "collate_fn")
    sampler = call.get(None, "batch_sampler")
    if source is None or sampler is not None or (collate is not None and not _is_none(collate)):
        return Unknown("batches of a DataLoader")
    rows = size.value if isinstance(size, Known) and isinstance(size.value, int) else None
    if isinstance(source, Dataset) and source.whole:
        length = source.length
        count = min(rows, length) if rows is not None and length is not None else rows
        batch: Value = Listing([_batch_of(machine, t, count, call.span) for t in source.whole], "list")
    else:
        single = _is_none(size)
        batch = collated(machine, _sample_of(machine, source), rows, call.span, single)
    return Loader(batch, source, size, span=call.span)


def _is_none(value: Value) -> bool:
    return isinstance(value, Known) and value.value is None


def _batch_of(machine: Machine, tensor: Tensor, rows: Dim, span: Span | None) -> Tensor:
    """The first rows of a tensor: a batch that remembers where it comes from."""
    shape = tensor.shape(machine)
    if rows is None or shape is None:
        rest = shape[1:] if shape else ()
        whole = (None, *rest) if shape else None
        return data(machine, whole, name="batch", span=span, dtype=tensor.dtype, form=tensor.form,
                    key=("batch", tensor.ref))  # fmt: skip
    index = (("slice", None, rows, None),)
    batch = draw(machine, "slice", {"index": index}, [tensor], spelling="getitem", name="batch", site=Site(span))[0]
    batch.dtype, batch.form = tensor.dtype, tensor.form
    return batch


def _sample_of(machine: Machine, source: Value) -> Value:
    if isinstance(source, Dataset):
        return source.sample_
    if isinstance(source, (Tensor, Array)):
        tensor = as_tensor(machine, source)
        return _row(machine, tensor) if tensor is not None else Unknown("a row")
    if isinstance(source, Listing) and source.items:
        return source.items[0]
    if isinstance(source, Instance):
        try:
            with sketch(machine):
                return _detached(machine, source.item(machine, Known(0)))
        except (ProgramRaises, ProgramEnds, RecursionError, *FAILURES):
            return Unknown("a sample")
    return Unknown("a sample of a data set")


def _detached(machine: Machine, value: Value) -> Value:
    """A sample that was computed in a sketch, as arrays that need no nodes."""
    if isinstance(value, Tensor):
        return Array(value.shape(machine), value.dtype, value.form)
    if isinstance(value, Listing):
        return Listing([_detached(machine, item) for item in value.items], value.kind, value.open)
    if isinstance(value, Table):
        return Table({k: (n, _detached(machine, item)) for k, (n, item) in value.entries.items()}, value.open)
    return value


def collated(machine: Machine, sample: Value, rows: Dim, span: Span | None, single: bool = False) -> Value:
    """A batch of samples like this one, as the default collation makes it."""
    if isinstance(sample, Listing):
        return Listing([collated(machine, item, rows, span, single) for item in sample.items], "list")
    if isinstance(sample, Table):
        entries = {
            key: (name, collated(machine, item, rows, span, single)) for key, (name, item) in sample.entries.items()
        }
        return Table(entries, sample.open)
    lead: Shape = () if single else (rows,)
    if isinstance(sample, Tensor):
        shape = machine.graph.shape(sample.ref)
        return _fixed(machine, None if shape is None else (*lead, *shape), sample.dtype, sample.form, span, id(sample))
    if isinstance(sample, Array):
        shape = None if sample.shape is None else (*lead, *sample.shape)
        return _fixed(machine, shape, sample.dtype, sample.form, span, id(sample))
    if isinstance(sample, Known) and isinstance(sample.value, (int, float)):
        return _fixed(machine, lead, "int64" if isinstance(sample.value, int) else "float64", "", span, id(sample))
    if isinstance(sample, Known) and isinstance(sample.value, str):
        return Listing([sample], "list", open=True)
    return Unknown("what a data loader gives")


def _fixed(machine: Machine, shape: Shape | None, dtype: str, form: str, span: Span | None, key: object) -> Tensor:
    """A batch whose shape no edit of the text changes."""
    unwritten = Argument(Unknown("a shape that is not written"))
    site = Site(span, arguments={"shape": unwritten})
    return data(machine, shape, name="batch", dtype=dtype, form=form, site=site, key=("batch", dtype, form))


@base("torch.utils.data.Dataset", "torch.utils.data.dataset.Dataset", "torch.utils.data.IterableDataset")
class Datasets(Base):
    """``class MyData(Dataset)``: used through its ``__getitem__``."""


@method("tqdm.tqdm", "set_description", "set_postfix", "update")
def _progress(machine: Machine, bar: Value, call: Call) -> Value:
    return Known(None)


@function(
    "tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm", "tqdm.tqdm_notebook", "tqdm.std.tqdm", "accelerate.prepare_"
)
def _tqdm(machine: Machine, call: Call) -> Value:
    return call.get(0, "iterable") or Unknown("a progress bar")
