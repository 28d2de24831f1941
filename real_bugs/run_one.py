"""Run one script the way its author would have, and say where it failed, as one JSON line.

It is the child process of run_scripts.py. The script itself is not changed. Around it this
module supplies what the author had and this machine may lack: the data files named in the
manifest, the well-known data sets (right shapes, no download), `get_ipython`, and, for scripts
written for a Keras older than the installed one, the old spellings (legacy_keras.py).
Training is cut to one step, since shapes show in the first.
"""

from __future__ import annotations

import argparse
import builtins
import json
import os
import re
import sys
import tempfile
import traceback
import types
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("OMP_NUM_THREADS", "1")
warnings.filterwarnings("ignore")

HERE = Path(__file__).resolve().parent
MARK = "@@RESULT@@"


def write_files(files: dict[str, list]) -> None:
    """Make the data files of a script: `name.csv: [rows, columns]` or `folder/: [images, h, w]`."""
    import numpy as np

    rng = np.random.default_rng(0)
    for name, spec in files.items():
        path = Path(name)
        if name.endswith("/"):
            from PIL import Image

            path.mkdir(parents=True, exist_ok=True)
            count, height, width = spec
            for i in range(count):
                pixels = rng.integers(0, 255, (height, width, 3), dtype="uint8")
                Image.fromarray(pixels).save(path / f"{i}.png")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".npy"):
            np.save(path, rng.random(spec, dtype="float32"))
            continue
        rows, columns = spec
        table = rng.random((rows, columns)).round(3)
        table[:, -1] = rng.integers(0, 2, rows)
        head = ",".join(f"c{i}" for i in range(columns))
        np.savetxt(path, table, delimiter=",", header=head, comments="", fmt="%g")


def patch_keras() -> None:
    """Data sets without a download, and training of one step."""
    import keras
    import numpy as np

    def images(shape: tuple, classes: int, column: bool = False, train: int = 60000, test: int = 10000):
        def load_data(*_args, **_kwargs):
            rng = np.random.default_rng(0)

            def part(n):
                labels = rng.integers(0, classes, (n, 1) if column else (n,)).astype("uint8")
                return np.zeros((n, *shape), "uint8"), labels

            return part(train), part(test)

        return load_data

    def texts(classes: int, train: int, test: int):
        def load_data(*_args, num_words=10000, **_kwargs):
            rng = np.random.default_rng(0)

            def part(n):
                rows = np.empty(n, dtype=object)
                for i in range(n):
                    rows[i] = rng.integers(1, num_words or 10000, rng.integers(5, 60)).tolist()
                return rows, rng.integers(0, classes, n)

            return part(train), part(test)

        return load_data

    def table(*_args, **_kwargs):
        rng = np.random.default_rng(0)
        return (rng.random((404, 13)), rng.random(404)), (rng.random((102, 13)), rng.random(102))

    keras.datasets.mnist.load_data = images((28, 28), 10)
    keras.datasets.fashion_mnist.load_data = images((28, 28), 10)
    keras.datasets.cifar10.load_data = images((32, 32, 3), 10, True, 50000)
    keras.datasets.cifar100.load_data = images((32, 32, 3), 100, True, 50000)
    keras.datasets.imdb.load_data = texts(2, 2000, 500)
    keras.datasets.reuters.load_data = texts(46, 2000, 500)
    keras.datasets.boston_housing.load_data = table

    fit = keras.Model.fit

    def short_fit(self, *args, **kwargs):
        kwargs["epochs"] = 1
        kwargs.setdefault("steps_per_epoch", 1)
        kwargs["verbose"] = 0
        if "validation_data" in kwargs or "validation_split" in kwargs:
            kwargs["validation_steps"] = 1
        names = ["x", "y", "batch_size", "epochs", "verbose"]
        for name, value in zip(names, args, strict=False):
            if name in ("x", "y", "batch_size"):
                kwargs[name] = value
        return fit(self, **kwargs)

    keras.Model.fit = short_fit


def patch_torchvision() -> None:
    """Data sets of the right shapes without a download."""
    # Its compiled operators may be built for another torch; shapes do not need them.
    sys.modules["torchvision._meta_registrations"] = types.ModuleType("torchvision._meta_registrations")
    try:
        import torchvision
    except ImportError:
        return

    def fake(size: tuple, classes: int):
        class Fake(torchvision.datasets.FakeData):
            def __init__(self, root=None, train=True, transform=None, target_transform=None, download=False):
                super().__init__(128, size, classes, transform, target_transform)

            def __getitem__(self, index):
                image, target = super().__getitem__(index)
                return image, int(target)

        return Fake

    class Grey(fake((1, 28, 28), 10)):
        def __getitem__(self, index):
            import torch
            from torchvision.transforms.functional import to_pil_image

            image = to_pil_image(torch.rand(1, 28, 28))
            target = index % self.num_classes
            return (self.transform(image) if self.transform else image), target

    torchvision.datasets.MNIST = torchvision.datasets.FashionMNIST = Grey
    torchvision.datasets.CIFAR10 = fake((3, 32, 32), 10)
    torchvision.datasets.CIFAR100 = fake((3, 32, 32), 100)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("script", type=Path)
    parser.add_argument("--framework", choices=["keras", "torch"], required=True)
    parser.add_argument("--legacy", action="store_true")
    parser.add_argument("--python2", action="store_true")
    parser.add_argument("--plain", action="store_true", help="nothing supplied but data: what it does today")
    parser.add_argument("--prelude", default="")
    parser.add_argument("--files", default="{}")
    options = parser.parse_args()
    path = options.script.resolve()
    source = path.read_text()
    if options.python2 and not options.plain:
        source = re.sub(r"^(\s*)print (.+)$", r"\1print(\2)", source, flags=re.M)
    builtins.get_ipython = lambda: type("Shell", (), {"__getattr__": lambda s, n: lambda *a, **k: None})()
    sys.path.insert(0, str(HERE))
    if options.framework == "keras":
        patch_keras()
        if options.legacy and not options.plain:
            import legacy_keras

            legacy_keras.install()
    else:
        import torch

        torch.set_num_threads(1)
        if "torchvision" in source:
            patch_torchvision()
    scope: dict = {"__name__": "__main__", "__file__": str(path)}
    if not options.plain:
        exec(options.prelude, scope)
    result: dict = {"ok": True, "lines": [], "error": None}
    sys.argv = [str(path)]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_files(json.loads(options.files))
        try:
            exec(compile(source, str(path), "exec"), scope)
        except SystemExit as end:
            result["ok"] = not end.code
        except BaseException as error:
            frames = traceback.extract_tb(error.__traceback__)
            lines = [f.lineno for f in frames if f.filename == str(path)]
            if isinstance(error, SyntaxError) and error.filename == str(path):
                lines = [error.lineno]
            text = re.sub(r"\x1b\[[0-9;]*m", "", f"{type(error).__name__}: {error}")
            kept = [line.strip() for line in text.splitlines() if line.strip()]
            first = kept[0] if kept else ""
            if len(kept) > 1 and first.endswith(("call().", "error:")):
                first += " " + kept[1]
            result = {"ok": False, "lines": lines, "error": first[:300]}
        os.chdir("/")
    print(MARK + json.dumps(result), flush=True)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
