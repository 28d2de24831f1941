"""Which layers and functions are drawn, under which names, and how often.

Every name that the semantics spell for a framework is drawn, save those that need more than a tensor of numbers: text,
labels, other layers, whole numbers, indices of an earlier pooling, or a constant that only a program has.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from repairnn.semantics.declaration import Declaration
from repairnn.semantics.registry import spellings
from repairnn.semantics.spelling import Spelling

FRAMEWORKS = ("keras", "torch")
#: Kinds that no random network has, with what they need instead.
LEFT_OUT: dict[str, str] = {
    **dict.fromkeys(("input", "data", "feed", "loss", "time_fold", "time_unfold"), "structure, not a layer"),
    **dict.fromkeys(
        ("torch_loss", "class_loss", "margin_loss", "linear_class_loss", "triple_loss", "gaussian_loss", "ctc_loss"),
        "labels",
    ),
    **dict.fromkeys(
        ("category_encoding", "discretization", "hashing", "hashed_crossing", "lookup", "text_vectorization"),
        "text, or a vocabulary",
    ),
    **dict.fromkeys(("embedding", "embedding_bag", "reversible_embedding"), "whole numbers: drawn as an entry only"),
    **dict.fromkeys(("einsum_dense", "spectral_norm", "max_boxes", "standardisation"), "an equation, layer or boxes"),
    **dict.fromkeys(("mel_spectrogram", "stft_spectrogram"), "sound"),
    **dict.fromkeys(("max_unpool", "fold"), "the result of another layer"),
    **dict.fromkeys(("recurrent_cell",), "a state of its own"),
    **dict.fromkeys(("masking",), "later layers that all take masks"),
    **dict.fromkeys(("opaque", "lambda"), "a function of the user"),
    **dict.fromkeys(("response_norm", "fractional_pool", "transformer"), "sizes that hardly ever fit"),
}
#: Spellings of Keras that wrap another layer, or that Keras 3 has only in pictures' own range of values.
NAMES_LEFT_OUT = frozenset({
    "Bidirectional", "RNN", "StackedRNNCells", "CuDNNGRU", "CuDNNLSTM", "ConvRecurrent2D", "SyncBatchNormalization",
    "AugMix", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "CutMix", "Equalization", "MixUp",
    "RandAugment", "RandomColorDegeneration", "RandomColorJitter", "RandomElasticTransform", "RandomErasing",
    "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert", "RandomPerspective", "RandomPosterization",
    "RandomSaturation", "RandomSharpness", "RandomShear", "RandomBrightness", "RandomContrast", "RandomRotation",
    "RandomTranslation", "RandomZoom", "Solarization", "BatchNormalizationV1",
    "BatchNormalizationV2", "SyncBatchNorm", "CrossMapLRN2d", "GroupQueryAttention",
    "LocallyConnected1D", "LocallyConnected2D", "ThresholdedReLU", "RandomCrop",
})  # fmt: skip
#: Functions and methods of PyTorch that programs are full of; Keras programs are made of layers.
CALLS = {
    "torch": (
        ("function", "relu"), ("function", "tanh"), ("function", "softmax"), ("function", "max_pool2d"),
        ("function", "avg_pool2d"), ("function", "adaptive_avg_pool2d"), ("function", "flatten"),
        ("function", "interpolate"), ("function", "mean"), ("function", "normalize"), ("function", "unsqueeze"),
        ("method", "view"), ("method", "transpose"), ("method", "permute"), ("method", "unsqueeze"),
        ("method", "mean"), ("method", "flatten"),
    ),
    "keras": (),
}  # fmt: skip
#: What joins several tensors.
JOINS = {
    "keras": tuple(("layer", name) for name in (
        "Add", "Add", "Concatenate", "Concatenate", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Dot",
    )),
    "torch": tuple(("function", name) for name in ("add", "add", "cat", "cat", "sub", "mul", "maximum", "matmul")),
}  # fmt: skip
#: What ordinary networks are made of, drawn as often as all the rest together.
COMMON = {
    "keras": (
        "Conv2D", "Conv2D", "Dense", "Dense", "Conv1D", "MaxPooling2D", "AveragePooling1D", "BatchNormalization",
        "Dropout", "Activation", "ReLU", "LSTM", "GRU", "Flatten", "Reshape", "ZeroPadding2D", "UpSampling2D",
        "LayerNormalization", "SeparableConv2D", "DepthwiseConv2D", "Conv3D", "RepeatVector", "Permute",
    ),
    "torch": (
        "Conv2d", "Conv2d", "Linear", "Linear", "Conv1d", "MaxPool2d", "AvgPool1d", "BatchNorm2d", "BatchNorm1d",
        "Dropout", "ReLU", "LSTM", "GRU", "Flatten", "LayerNorm", "GroupNorm", "ConvTranspose2d", "Conv3d", "Upsample",
    ),
}  # fmt: skip
#: Layers that can give back the shape they got, for residual blocks.
KEEPING = {
    "keras": (
        "Conv2D", "Conv1D", "Conv3D", "Dense", "BatchNormalization", "LayerNormalization", "Activation", "ReLU",
        "Dropout", "SeparableConv2D", "PReLU", "GaussianNoise",
    ),
    "torch": (
        "Conv2d", "Conv1d", "Conv3d", "Linear", "BatchNorm2d", "BatchNorm1d", "LayerNorm", "ReLU", "Dropout", "GELU",
        "PReLU", "Tanh",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """One name that can be drawn."""

    form: str
    name: str
    declaration: type[Declaration]
    spelling: Spelling

    @property
    def key(self) -> bytes:
        """What tells it from the others."""
        return f"{self.form} {self.name}".encode()


@cache
def layers(framework: str) -> tuple[Choice, ...]:
    """Everything with one tensor in and one out (or that takes the same tensor several times), by name."""
    found = [
        Choice(form, name, declaration, spelling)
        for (form, name), (declaration, spelling) in spellings(framework).items()
        if (form == "layer" and _is_drawn(name, declaration, spelling)) or (form, name) in CALLS[framework]
    ]
    joins = {name for _, name in JOINS[framework]}
    return tuple(sorted((c for c in found if c.name not in joins), key=lambda c: (c.name, c.form)))


def named(framework: str, names: Sequence[str]) -> tuple[Choice, ...]:
    """The layers of these names; a name given twice counts twice."""
    return tuple(Choice("layer", name, *spellings(framework, "layer")["layer", name]) for name in names)


@cache
def common(framework: str) -> tuple[Choice, ...]:
    """What ordinary networks are made of."""
    return named(framework, COMMON[framework])


@cache
def keeping(framework: str) -> tuple[Choice, ...]:
    """Layers that can give back the shape they got."""
    return named(framework, KEEPING[framework])


@cache
def joins(framework: str) -> tuple[Choice, ...]:
    """What joins several tensors; PyTorch's take two."""
    return tuple(Choice(form, name, *spellings(framework)[form, name]) for form, name in JOINS[framework])


def pick(choices: Sequence[Choice], rng: random.Random) -> Choice:
    """One of the choices. A name that is declared later leaves nearly all picks as they were."""
    salt = f"{rng.getrandbits(48):x}".encode()
    return min(choices, key=lambda choice: zlib.crc32(choice.key, zlib.crc32(salt)))


def _is_drawn(name: str, declaration: type[Declaration], spelling: Spelling) -> bool:
    legacy = spelling.framework == "keras" and name != spelling.name
    return not (declaration.kind in LEFT_OUT or name in NAMES_LEFT_OUT or legacy or name.startswith("Lazy"))
