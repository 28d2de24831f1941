"""Layers that prepare signals and tabular data: spectrograms and standardisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from repairnn.semantics import arithmetic as ar
from repairnn.semantics.axes import AXIS_RANGE, AXIS_TWICE, as_axes, require_axes
from repairnn.semantics.checker import Context
from repairnn.semantics.declaration import Args, Argument, Declaration, Example
from repairnn.semantics.domains import Anything, Bool, Choice, Int, Maybe, Padding
from repairnn.semantics.faults import Need, NeedArgument, NeedAtLeast, NeedDim, NeedRank, Rule
from repairnn.semantics.ir import Shape
from repairnn.semantics.registry import layer
from repairnn.semantics.spelling import Spelling

MEL_RANK = Rule(
    "mel-rank",
    "A mel spectrogram is made of something else than a signal",
    "{received} axes {input}",
    "1 axis (samples), or 2 with the batch in front",
    "The layer cuts a signal into overlapping pieces along its last axis.",
)
MEL_LENGTH = Rule(
    "mel-length",
    "A signal is too short for its frames",
    "{size} samples (last axis of {input})",
    "at least {least} samples, more than half of fft_length",
    "The signal is mirrored at both ends by half a frame, which needs as many samples.",
)


MEL_FRAME = Rule(
    "mel-frame",
    "The frames of a mel spectrogram are longer than its transform",
    "sequence_length={frame}, fft_length={fft}",
    "fft_length of at least sequence_length",
    "The transform must hold a whole frame.",
)


@layer
class MelSpectrogram(Declaration):
    """A signal (..., samples) as (..., mel bins, frames). Source: Keras ``MelSpectrogram``.

    The signal is padded by half of ``fft_length`` at both ends, so there are ``1 + samples // sequence_stride`` frames.
    """

    kind = "mel_spectrogram"
    arguments = (
        Argument("fft_length", Int(1, likely=8), 2048, "free"),
        Argument("sequence_stride", Int(1), 512, "free"),
        Argument("sequence_length", Maybe(Int(0)), None, "free", "0 for the FFT's length"),
        Argument("num_mel_bins", Int(1), 128, "free"),
    )
    rules = (MEL_RANK, MEL_LENGTH, MEL_FRAME)
    spellings = (
        Spelling("keras", "MelSpectrogram", ("fft_length", "sequence_stride", "sequence_length", "window",
                 "sampling_rate", "num_mel_bins", "min_freq", "max_freq", "power_to_db", "top_db", "mag_exp",
                 "min_power", "ref_power")),
    )  # fmt: skip
    examples = (
        Example(((None, 4000),), {}, (None, 128, 8)),
        Example(((100,),), {"fft_length": 64, "sequence_stride": 16, "num_mel_bins": 8}, (8, 7)),
        Example(((None, 1025),), {}, (None, 128, 3)),
        Example(((None, 1024),), {}, breaks="mel-length", expected="at least 1025 samples"),
        Example(((),), {}, breaks="mel-rank", expected="0 axes"),
        Example(((None, 4000),), {"sequence_length": 2049}, breaks="mel-frame", expected="sequence_length=2049"),
    )

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if not shape:
            c.fault(MEL_RANK, [NeedRank(0, 1, None)], received=len(shape))
            return None
        if a.sequence_length is not None and a.sequence_length > a.fft_length:
            needs: list[Need] = [NeedArgument("sequence_length", (None,)), NeedArgument("fft_length")]
            values = {"frame": a.sequence_length, "fft": a.fft_length}
            c.fault(MEL_FRAME, needs, ("sequence_length", "fft_length"), **values)
        least = a.fft_length // 2 + 1
        if not c.holds(ar.at_least(shape[-1], least)):
            most = 2 * shape[-1] - 1 if ar.is_concrete(shape[-1]) and shape[-1] else 0
            good = (1 << (most.bit_length() - 1),) if most else ()
            needs = [NeedAtLeast(0, len(shape) - 1, least), NeedArgument("fft_length", good)]
            c.fault(MEL_LENGTH, needs, ("fft_length",), size=shape[-1], least=least)
        padded = ar.add(shape[-1], -(a.fft_length % 2))
        frames = ar.add(ar.floordiv(padded, a.sequence_stride), 1)
        return (*shape[:-1], a.num_mel_bins, frames)


STFT_RANK = Rule(
    "stft-rank",
    "A spectrogram is made of something else than signals with channels",
    "{received} axes {input}",
    "3 axes (batch, samples, channels)",
    "The layer cuts each channel of a signal into overlapping frames.",
)
STFT_LENGTH = Rule(
    "stft-length",
    "A signal is shorter than a frame",
    "{size} samples (axis {axis} of {input}) for frames of {frame}",
    "at least {frame} samples",
    "Without padding at least one frame must fit into the signal.",
)
STFT_FRAME = Rule(
    "stft-frame",
    "The settings of a spectrogram contradict each other",
    "frame_length={frame}, frame_step={step}, fft_length={fft}",
    "frame_step of at most frame_length, fft_length of at least frame_length",
    "Frames may overlap but leave nothing out, and the transform must hold a whole frame.",
)


@layer
class StftSpectrogram(Declaration):
    """Signals (batch, samples, channels) as (batch, frames, frequencies * channels).

    Source: Keras ``STFTSpectrogram``.
    """

    kind = "stft_spectrogram"
    arguments = (
        Argument("mode", Choice(("log", "magnitude", "psd", "real", "imag", "angle", "stft")), "log", "meaning"),
        Argument("frame_length", Int(1, likely=8), 256, "free"),
        Argument("frame_step", Maybe(Int(1)), None, "free"),
        Argument("fft_length", Maybe(Int(1, likely=16)), None, "free"),
        Argument("padding", Padding(named=True), "valid", "free"),
        Argument("expand_dims", Bool(), False, "free"),
        Argument("data_format", Choice((None, "channels_last", "channels_first")), None, "order"),
    )
    rules = (STFT_RANK, STFT_LENGTH, STFT_FRAME)
    spellings = (
        Spelling("keras", "STFTSpectrogram", ("mode", "frame_length", "frame_step", "fft_length", "window", "periodic",
                 "scaling", "padding", "expand_dims", "data_format")),
    )  # fmt: skip
    examples = (
        Example(((None, 1000, 2),), {}, (None, 6, 258)),
        Example(((None, 256, 1),), {}, (None, 1, 129)),
        Example(((None, 2, 1000),), {"expand_dims": True, "data_format": "channels_first", "padding": "same"},
                (None, 2, 8, 129)),
        Example(((None, 1000),), {}, breaks="stft-rank", expected="2 axes"),
        Example(((None, 255, 1),), {}, breaks="stft-length", expected="at least 256 samples"),
        Example(((None, 1000, 1),), {"frame_step": 300}, breaks="stft-frame", expected="frame_step=300"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        step = a.frame_length // 2 if a.frame_step is None else a.frame_step
        fft = 1 << (a.frame_length - 1).bit_length() if a.fft_length is None else a.fft_length
        if not 1 <= step <= a.frame_length or fft < a.frame_length:
            arguments = ("frame_step", "fft_length", "frame_length")
            values = {"frame": a.frame_length, "step": step, "fft": fft}
            c.fault(STFT_FRAME, [*map(NeedArgument, arguments)], arguments, **values)
            return None
        if len(shape) != 3:
            c.fault(STFT_RANK, [NeedRank(0, 3, 3)], received=len(shape))
            return None
        first = a.data_format == "channels_first"
        channels, samples = (shape[1], shape[2]) if first else (shape[2], shape[1])
        frames = ar.window_output(samples, a.frame_length, step, a.padding)
        if not c.holds(ar.at_least(frames, 1)):
            axis = 2 if first else 1
            needs = [
                NeedAtLeast(0, axis, a.frame_length),
                NeedArgument("frame_length"),
                NeedArgument("padding", ("same",)),
            ]
            c.fault(STFT_LENGTH, needs, ("frame_length", "padding"), size=samples, axis=axis, frame=a.frame_length)
            frames = None
        frequencies = (fft // 2 + 1) * (2 if a.mode == "stft" else 1)
        if a.expand_dims:
            return (shape[0], channels, frames, frequencies) if first else (shape[0], frames, frequencies, channels)
        depth = ar.mul(frequencies, channels)
        return (shape[0], depth, frames) if first else (shape[0], frames, depth)


STANDARD_SIZE = Rule(
    "standardisation-size",
    "A standardisation has means for another number of features than it gets",
    "{size} along axis {axis} of {input}, for {count} means",
    "{count} along that axis",
    "There is one mean and one variance for each feature.",
)
STANDARD_UNKNOWN = Rule(
    "standardisation-size-unknown",
    "A standardisation needs an axis of known size",
    "{input}, whose axis {axis} is not known",
    "an axis with a fixed size",
    "There is one mean and one variance for each cell along the axis.",
)


STANDARD_BOTH = Rule(
    "standardisation-mean-or-variance",
    "A standardisation is given a mean or a variance, but not both",
    "mean={mean}, variance={variance}",
    "both or none",
    "What is not given is learned from data with adapt(), which learns both.",
)
STANDARD_ALIKE = Rule(
    "standardisation-values-differ",
    "A standardisation is given means and variances that do not go together",
    "means of shape {means}, variances of shape {variances}",
    "as many means as variances, with no more axes than axis names ({count})",
    "There is one mean and one variance for each cell along the axes; with axis=None there is one for all.",
)


@layer
class Standardisation(Declaration):
    """``(x - mean) / sqrt(variance)`` with numbers for each cell along ``axis``. Source: Keras ``Normalization``."""

    kind = "standardisation"
    arguments = (
        Argument("axis", Anything((-1, None, 1)), -1, "order"),
        Argument("mean", Anything((None, 0.5)), None, "meaning"),
        Argument("variance", Anything((None, 2.0)), None, "meaning"),
        Argument("invert", Bool(), False, "meaning"),
    )
    rules = (AXIS_RANGE, AXIS_TWICE, STANDARD_UNKNOWN, STANDARD_SIZE, STANDARD_BOTH, STANDARD_ALIKE)
    spellings = (Spelling("keras", "Normalization", ("axis", "mean", "variance", "invert")),)
    examples = (
        Example(((None, 4),), {}, (None, 4)),
        Example(((None, None),), {"axis": None}, (None, None)),
        Example(((None, 3),), {"mean": (1.0, 2.0, 3.0), "variance": (1.0, 1.0, 1.0)}, (None, 3)),
        Example(((None, None),), {}, breaks="standardisation-size-unknown", expected="whose axis 1"),
        Example(((None, 4),), {"mean": (1.0, 2.0, 3.0), "variance": (1.0, 1.0, 1.0)}, breaks="standardisation-size"),
        Example(((None, 4),), {"axis": 2}, breaks="axis-out-of-range"),
        Example(((None, 4),), {"axis": (1, -1)}, breaks="axis-named-twice"),
        Example(((None, 4),), {"mean": 0.5}, breaks="standardisation-mean-or-variance", expected="mean=0.5"),
        Example(((None, 3),), {"mean": 0.5, "variance": (1.0, 1.0, 1.0)}, breaks="standardisation-values-differ",
                expected="means of shape ()"),
    )  # fmt: skip

    @staticmethod
    def shapes(c: Context, x: Sequence[Shape | None], a: Args) -> Shape | None:
        shape = x[0]
        assert shape is not None
        if (a.mean is None) != (a.variance is None):
            arguments = ("mean", "variance")
            c.fault(STANDARD_BOTH, [*map(NeedArgument, arguments)], arguments, mean=a.mean, variance=a.variance)
            return shape
        sizes, count = _sizes_of(a.mean), len(as_axes(a.axis)) if a.axis is not None else 0
        if sizes != _sizes_of(a.variance) or len(sizes) > count:
            values: dict[str, Any] = {"means": sizes, "variances": _sizes_of(a.variance), "count": count}
            c.fault(STANDARD_ALIKE, [NeedArgument("mean"), NeedArgument("variance")], ("mean", "variance"), **values)
        if a.axis is None:
            return shape
        axes = require_axes(c, shape, a.axis)
        for axis in axes or ():
            if shape[axis] is None:
                c.fault(STANDARD_UNKNOWN, [NeedArgument("axis", (None,))], ("axis",), axis=axis)
        count = len(a.mean) if isinstance(a.mean, (tuple, list)) else 1
        last = max(axes or (0,))
        if axes and count > 1 and not c.holds(ar.eq(shape[last], count)):
            needs = [NeedDim(0, last, count), NeedArgument("mean")]
            c.fault(STANDARD_SIZE, needs, ("mean",), size=shape[last], axis=last, count=count)
        return shape

    @staticmethod
    def weights(x: Sequence[Shape | None], a: Args) -> dict[str, Shape]:
        if a.mean is not None:
            return {}
        shape = x[0] or ()
        kept = sorted(axis % len(shape) for axis in as_axes(a.axis)) if shape and a.axis is not None else []
        size = tuple(shape[axis] for axis in kept)
        return {"mean": size, "variance": size}

    @staticmethod
    def compute(x: Sequence[Any], w: Mapping[str, Any], a: Args) -> Any:
        import numpy as np

        y = x[0]
        kept = {axis % y.ndim for axis in as_axes(a.axis)} if a.axis is not None else set()
        along = [size if axis in kept else 1 for axis, size in enumerate(y.shape)]
        mean = np.asarray(w["mean"] if a.mean is None else a.mean)
        variance = np.asarray(w["variance"] if a.mean is None else a.variance)
        mean, variance = (v.reshape(along) if v.size == np.prod(along) else v for v in (mean, variance))
        root = np.maximum(np.sqrt(variance), 1e-7)
        return mean + y * root if a.invert else (y - mean) / root


def _sizes_of(values: Any) -> tuple[int, ...]:
    """The shape of numbers in nested lists; nothing for a number and for what is no list."""
    if isinstance(values, (tuple, list)):
        return (len(values), *(_sizes_of(values[0]) if values else ()))
    return tuple(getattr(values, "shape", ()))
