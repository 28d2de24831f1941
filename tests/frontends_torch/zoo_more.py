"""A small network for each module of ``torch.nn``: what reshapes, repeats, attends, looks up, compares and contains."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from tests.frontends_torch.nets import (
    Attend,
    Call,
    CallFour,
    CallThree,
    Case,
    Cell,
    Listed,
    Named,
    Scaled,
    Tell,
    row,
)


def reshaping() -> Iterator[Case]:
    yield Case(
        "Flatten", lambda n: row(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(n, 2)), 64, (4, 100), ((2, 3, 6, 6),)
    )
    yield Case(
        "Flatten", lambda n: row(nn.Conv2d(3, 4, 3), nn.Flatten(n), nn.Linear(64, 2)), 1, (0, 2), ((2, 3, 6, 6),)
    )
    yield Case(
        "Flatten",
        lambda n: row(nn.Conv2d(3, 4, 3), *([nn.Flatten()] if n else []), nn.Linear(64, 2)),
        True,
        (False,),
        ((2, 3, 6, 6),),
    )
    yield Case(
        "Unflatten",
        lambda n: row(nn.Linear(6, 32), nn.Unflatten(1, n), nn.Conv2d(2, 3, 3)),
        (2, 4, 4),
        ((2, 4, 5), (3, 4, 4)),
        ((4, 6),),
    )
    yield Case(
        "Unflatten",
        lambda n: row(nn.Linear(6, 32), nn.Unflatten(n, (2, 4, 4)), nn.Conv2d(2, 3, 3)),
        1,
        (0, 2),
        ((4, 6),),
    )
    yield Case(
        "ChannelShuffle",
        lambda n: row(nn.Conv2d(3, 4, 3), nn.ChannelShuffle(n), nn.Conv2d(4, 2, 1)),
        2,
        (3, 8),
        ((2, 3, 6, 6),),
    )
    yield Case(
        "Fold",
        lambda n: row(nn.Unfold(2, stride=2), nn.Fold(n, 2, stride=2), nn.Conv2d(3, 2, 1)),
        (6, 6),
        ((8, 8), (6, 5)),
        ((2, 3, 6, 6),),
    )
    yield Case(
        "Unfold", lambda n: row(nn.Conv2d(3, 2, 3), nn.Unfold(2), nn.Conv1d(n, 4, 1)), 8, (4, 12), ((2, 3, 6, 6),)
    )
    yield Case(
        "Unfold", lambda n: row(nn.Conv2d(3, 2, 3), nn.Unfold(n), nn.Conv1d(8, 4, 1)), 2, (5, 3), ((2, 3, 6, 6),)
    )


def resampling() -> Iterator[Case]:
    yield Case(
        "PixelShuffle",
        lambda n: row(nn.Conv2d(3, 8, 3), nn.PixelShuffle(n), nn.Conv2d(2, 2, 1)),
        2,
        (3, 4),
        ((2, 3, 6, 6),),
    )
    yield Case(
        "PixelShuffle",
        lambda n: row(nn.Conv2d(3, n, 3), nn.PixelShuffle(2), nn.Conv2d(2, 2, 1)),
        8,
        (6, 12),
        ((2, 3, 6, 6),),
    )
    yield Case(
        "PixelUnshuffle",
        lambda n: row(nn.Conv2d(3, 2, 3), nn.PixelUnshuffle(n), nn.Conv2d(8, 2, 1)),
        2,
        (3, 4),
        ((2, 3, 6, 6),),
    )
    for name in ("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"):
        yield Case(
            name,
            lambda n, name=name: row(nn.Conv2d(3, 2, 3), getattr(nn, name)(scale_factor=2), nn.Conv2d(n, 2, 1)),
            2,
            (3,),
            ((2, 3, 6, 6),),
        )
        yield Case(
            name,
            lambda n, name=name: row(getattr(nn, name)(n), nn.Flatten(), nn.Linear(48, 2)),
            (4, 4),
            ((4, 5), (4, 2)),
            ((2, 3, 6, 6),),
        )
    yield Case("CosineSimilarity", lambda n: Call(nn.CosineSimilarity(), nn.Linear(6, n)), 5, (4, 7), ((4, 6), (4, 5)))
    yield Case("PairwiseDistance", lambda n: Call(nn.PairwiseDistance(), nn.Linear(6, n)), 5, (4, 7), ((4, 6), (4, 5)))


def recurrent() -> Iterator[Case]:
    for name in ("RNN", "LSTM", "GRU"):
        kind = getattr(nn, name)
        yield Case(
            name, lambda n, kind=kind: Tell(kind(n, 5, batch_first=True), nn.Linear(5, 2)), 3, (4, 7), ((2, 7, 3),)
        )
        yield Case(
            name,
            lambda n, kind=kind: Tell(kind(3, 5, num_layers=2, bidirectional=True, batch_first=True), nn.Linear(n, 2)),
            10,
            (5, 20),
            ((2, 7, 3),),
        )
        yield Case(name, lambda n, kind=kind: Tell(kind(n, 5), nn.Linear(5, 2), 0), 3, (7, 2), ((7, 2, 3),))
        cell = getattr(nn, f"{name}Cell")
        states = 2 if name == "LSTM" else 1
        yield Case(
            f"{name}Cell",
            lambda n, cell=cell, states=states: Cell(cell(n, 5), nn.Linear(5, 2), states),
            4,
            (3, 6),
            ((2, 3, 4), (2, 5)),
        )
        yield Case(
            f"{name}Cell",
            lambda n, cell=cell, states=states: Cell(cell(4, n), nn.Linear(n, 2), states),
            5,
            (6,),
            ((2, 3, 4), (2, 5)),
        )
    yield Case(
        "LSTM", lambda n: Tell(nn.LSTM(3, 5, proj_size=2, batch_first=True), nn.Linear(n, 2)), 2, (5,), ((2, 7, 3),)
    )


def attention() -> Iterator[Case]:
    yield Case(
        "MultiheadAttention",
        lambda n: Attend(nn.Linear(6, 8), nn.MultiheadAttention(n, 2, batch_first=True), nn.Linear(8, 2)),
        8,
        (6, 16),
        ((2, 5, 6),),
    )
    yield Case(
        "MultiheadAttention",
        lambda n: Attend(nn.Linear(6, 8), nn.MultiheadAttention(8, 2), nn.Linear(n, 2)),
        8,
        (4,),
        ((5, 2, 6),),
    )
    encoder = nn.TransformerEncoderLayer
    block = {"dim_feedforward": 12, "dropout": 0.0}
    yield Case(
        "TransformerEncoderLayer",
        lambda n: row(nn.Linear(6, 8), encoder(n, 2, **block, batch_first=True), nn.Linear(8, 2)),
        8,
        (6, 16),
        ((2, 5, 6),),
    )
    yield Case(
        "TransformerEncoderLayer",
        lambda n: row(nn.Linear(6, 8), encoder(8, 2, **block, norm_first=True, activation="gelu"), nn.Linear(n, 2)),
        8,
        (6,),
        ((5, 2, 6),),
    )
    yield Case(
        "TransformerEncoder",
        lambda n: row(nn.Linear(6, 8), nn.TransformerEncoder(encoder(n, 2, **block), 2), nn.Linear(8, 2)),
        8,
        (6, 16),
        ((5, 2, 6),),
    )
    decoder = nn.TransformerDecoderLayer
    yield Case(
        "TransformerDecoderLayer",
        lambda n: Call(decoder(n, 2, **block), nn.Linear(6, 8)),
        8,
        (4, 16),
        ((5, 2, 6), (7, 2, 8)),
    )
    yield Case(
        "TransformerDecoder",
        lambda n: Call(nn.TransformerDecoder(decoder(n, 2, **block), 2), nn.Linear(6, 8)),
        8,
        (4, 16),
        ((5, 2, 6), (7, 2, 8)),
    )
    yield Case(
        "Transformer",
        lambda n: Call(nn.Transformer(n, 2, 1, 1, **block), nn.Linear(6, 8)),
        8,
        (4, 16),
        ((5, 2, 6), (7, 2, 8)),
    )


def lookups() -> Iterator[Case]:
    yield Case("Embedding", lambda n: row(nn.Embedding(4, 8), nn.Linear(n, 2)), 8, (5, 16), ((3, 5),), (0,))
    yield Case("EmbeddingBag", lambda n: row(nn.EmbeddingBag(4, 8), nn.Linear(n, 2)), 8, (5, 16), ((3, 5),), (0,))


def losses() -> Iterator[Case]:
    for name in (
        "BCEWithLogitsLoss",
        "HingeEmbeddingLoss",
        "HuberLoss",
        "KLDivLoss",
        "L1Loss",
        "MSELoss",
        "MultiLabelSoftMarginLoss",
        "PoissonNLLLoss",
        "SmoothL1Loss",
        "SoftMarginLoss",
    ):
        yield Case(name, lambda n, name=name: Call(getattr(nn, name)(), nn.Linear(n, 3)), 6, (5,), ((4, 6), (4, 3)))
        if name in ("BCEWithLogitsLoss", "MultiLabelSoftMarginLoss"):
            yield Case(name, lambda n, name=name: Call(getattr(nn, name)(), nn.Linear(6, n)), 3, (4,), ((4, 6), (4, 3)))
    yield Case("BCELoss", lambda n: Call(nn.BCELoss(), nn.Linear(6, n), nn.Sigmoid()), 3, (4,), ((4, 6), (4, 3)))
    yield Case(
        "MultiLabelMarginLoss",
        lambda n: Call(nn.MultiLabelMarginLoss(), nn.Linear(6, n)),
        5,
        (4,),
        ((4, 6), (4, 5)),
        (1,),
    )
    for name in ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss"):
        yield Case(name, lambda n, name=name: Call(getattr(nn, name)(), nn.Linear(n, 5)), 6, (4,), ((4, 6), (4,)), (1,))
    for name, inputs in (
        ("MarginRankingLoss", ((4, 6), (4, 3), (4, 3))),
        ("TripletMarginLoss", ((4, 6), (4, 3), (4, 3))),
        ("TripletMarginWithDistanceLoss", ((4, 6), (4, 3), (4, 3))),
        ("GaussianNLLLoss", ((4, 6), (4, 3), (4, 3))),
        ("CosineEmbeddingLoss", ((4, 6), (4, 3), (4,))),
    ):
        yield Case(name, lambda n, name=name: CallThree(getattr(nn, name)(), nn.Linear(6, n)), 3, (4,), inputs)
    yield Case(
        "CTCLoss",
        lambda n: CallFour(nn.CTCLoss(), nn.Linear(n, 5), nn.LogSoftmax(-1)),
        6,
        (4,),
        ((9, 2, 6), (2, 3), (2,), (2,)),
        (1, 2, 3),
    )
    yield Case(
        "AdaptiveLogSoftmaxWithLoss",
        lambda n: Call(nn.AdaptiveLogSoftmaxWithLoss(n, 9, [3, 5]), nn.Linear(6, 8), pick=1),
        8,
        (4, 16),
        ((4, 6), (4,)),
        (1,),
    )
    if hasattr(nn, "LinearCrossEntropyLoss"):
        yield Case(
            "LinearCrossEntropyLoss",
            lambda n: Call(nn.LinearCrossEntropyLoss(n, 5), nn.Linear(6, 8)),
            8,
            (4, 16),
            ((4, 6), (4,)),
            (1,),
        )


def containers() -> Iterator[Case]:
    yield Case(
        "Sequential",
        lambda n: row(row(nn.Linear(6, 8), nn.ReLU()), row(nn.Linear(n, 3), row(nn.Linear(3, 2)))),
        8,
        (9,),
        ((4, 6),),
    )
    yield Case("ModuleList", lambda n: Listed(((6, 8), (n, 3), (3, 2))), 8, (9,), ((4, 6),))
    yield Case("ModuleDict", Named, 8, (9,), ((4, 6),))
    yield Case("ParameterList", lambda n: Scaled(nn.ParameterList([torch.rand(8)]), 0, n), 8, (9,), ((4, 6),))
    yield Case("ParameterDict", lambda n: Scaled(nn.ParameterDict({"a": torch.rand(8)}), "a", n), 8, (9,), ((4, 6),))
    yield Case("DataParallel", lambda n: nn.DataParallel(row(nn.Linear(6, 8), nn.Linear(n, 2))), 8, (9,), ((4, 6),))


GROUPS = (reshaping, resampling, recurrent, attention, lookups, losses, containers)
