"""A small network for each module of ``torch.nn``: layers that compute, pool, pad, and normalise."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from tests.frontends_torch import zoo_more as more
from tests.frontends_torch.nets import Call, Case, Unpool, row


def cases() -> Iterator[Case]:
    """Every module with what breaks it."""
    for group in (
        _dense,
        _activations,
        _convolutions,
        _pools,
        _pads,
        _norms,
        _dropouts,
        *more.GROUPS,
    ):
        yield from group()


def _dense() -> Iterator[Case]:
    yield Case("Linear", lambda n: row(nn.Linear(n, 8), nn.ReLU(), nn.Linear(8, 2)), 6, (5, 12), ((4, 6),))
    yield Case("LazyLinear", lambda n: row(nn.LazyLinear(8), nn.ReLU(), nn.Linear(n, 2)), 8, (9,), ((4, 6),))
    yield Case("Identity", lambda n: row(nn.Linear(6, 8), nn.Identity(), nn.Linear(n, 2)), 8, (9,), ((4, 6),))
    yield Case(
        "Bilinear",
        lambda n: Call(nn.Bilinear(n[0], n[1], 3), nn.Linear(6, 8)),
        (8, 5),
        ((7, 5), (8, 4), (9, 9)),
        ((4, 6), (4, 5)),
    )


def _activations() -> Iterator[Case]:
    plain = (
        "CELU ELU GELU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish RReLU ReLU ReLU6 SELU "
        "SiLU Sigmoid Softplus Softshrink Softsign Tanh Tanhshrink"
    )
    for name in plain.split():
        yield Case(
            name, lambda n, name=name: row(nn.Linear(6, 8), getattr(nn, name)(), nn.Linear(n, 2)), 8, (9, 3), ((4, 6),)
        )
    yield Case("Threshold", lambda n: row(nn.Linear(6, 8), nn.Threshold(0.1, 2.0), nn.Linear(n, 2)), 8, (9,), ((4, 6),))
    for name in ("Softmax", "LogSoftmax", "Softmin"):
        yield Case(name, lambda n, name=name: row(nn.Linear(6, 8), getattr(nn, name)(dim=n)), 1, (2, -3), ((4, 6),))
    yield Case(
        "Softmax2d", lambda n: row(nn.Conv2d(3, 4, 3), nn.Softmax2d(), nn.Conv2d(n, 2, 1)), 4, (5,), ((2, 3, 8, 8),)
    )
    yield Case("GLU", lambda n: row(nn.Linear(6, n), nn.GLU(), nn.Linear(4, 2)), 8, (7, 10), ((4, 6),))
    yield Case("GLU", lambda n: row(nn.Conv1d(3, 8, 3), nn.GLU(dim=n), nn.Conv1d(4, 2, 1)), 1, (3, -1), ((4, 3, 9),))
    yield Case("PReLU", lambda n: row(nn.Conv2d(3, 4, 3), nn.PReLU(n), nn.Conv2d(4, 2, 1)), 4, (5, 3), ((2, 3, 8, 8),))


def _convolutions() -> Iterator[Case]:
    for rank in (1, 2, 3):
        picture = (2, 3, *(8,) * rank)
        for name in (f"Conv{rank}d", f"ConvTranspose{rank}d"):
            kind, after = getattr(nn, name), getattr(nn, f"Conv{rank}d")
            yield Case(
                name,
                lambda n, kind=kind, after=after: row(kind(n, 4, 3), nn.ReLU(), after(4, 2, 1)),
                3,
                (1, 4, 8),
                (picture,),
            )
            yield Case(
                name,
                lambda n, kind=kind, after=after: row(kind(3, 4, 3), nn.ReLU(), after(n, 2, 1)),
                4,
                (3, 8),
                (picture,),
            )
        kind = getattr(nn, f"Conv{rank}d")
        norm = getattr(nn, f"BatchNorm{rank}d")
        yield Case(f"Conv{rank}d", lambda n, kind=kind: row(kind(3, 4, 3), kind(4, 4, n)), 3, (7, 9), (picture,))
        yield Case(
            f"Conv{rank}d",
            lambda n, kind=kind: row(kind(3, 4, 3, groups=1), kind(4 if n < 4 else 8, 8, 3, groups=n)),
            2,
            (8,),
            (picture,),
        )
        yield Case(
            f"Conv{rank}d",
            lambda n, kind=kind: row(kind(3, 4, 3, bias=False, padding_mode="reflect", padding=n), kind(4, 2, 1)),
            1,
            (9,),
            (picture,),
        )
        yield Case(
            f"LazyConv{rank}d",
            lambda n, rank=rank, kind=kind: row(getattr(nn, f"LazyConv{rank}d")(4, 3), kind(n, 2, 1)),
            4,
            (5,),
            (picture,),
        )
        yield Case(
            f"LazyConv{rank}d",
            lambda n, rank=rank, kind=kind: row(getattr(nn, f"LazyConv{rank}d")(4, n), kind(4, 2, 1)),
            3,
            (11,),
            (picture,),
        )
        yield Case(
            f"LazyConvTranspose{rank}d",
            lambda n, rank=rank, kind=kind: row(getattr(nn, f"LazyConvTranspose{rank}d")(4, 3), kind(n, 2, 1)),
            4,
            (5,),
            (picture,),
        )
        yield Case(
            f"ConvTranspose{rank}d",
            lambda n, rank=rank, norm=norm: row(
                getattr(nn, f"ConvTranspose{rank}d")(3, 4, 3, stride=2, output_padding=n), norm(4)
            ),
            1,
            (2, 3),
            (picture,),
        )


def _pools() -> Iterator[Case]:
    for rank in (1, 2, 3):
        picture, conv = (2, 3, *(9,) * rank), getattr(nn, f"Conv{rank}d")
        for name in (f"MaxPool{rank}d", f"AvgPool{rank}d", f"LPPool{rank}d"):
            first = (2,) if name.startswith("LP") else ()
            kind = getattr(nn, name)
            yield Case(
                name,
                lambda n, kind=kind, conv=conv, first=first: row(conv(3, 4, 3), kind(*first, n), conv(4, 2, 1)),
                2,
                (8, 20),
                (picture,),
            )
            yield Case(
                name,
                lambda n, kind=kind, conv=conv, first=first, rank=rank: row(
                    conv(3, 4, 3), kind(*first, 2), nn.Flatten(), nn.Linear(n, 2)
                ),
                4 * 3**rank,
                (5, 4 * 4**rank),
                (picture,),
            )
        for name in (f"AdaptiveAvgPool{rank}d", f"AdaptiveMaxPool{rank}d"):
            kind = getattr(nn, name)
            yield Case(
                name,
                lambda n, kind=kind, conv=conv: row(conv(3, 4, 3), kind(2), nn.Flatten(), nn.Linear(n, 2)),
                4 * 2**rank,
                (4, 4 * 3**rank),
                (picture,),
            )
            yield Case(
                name,
                lambda n, kind=kind, conv=conv, rank=rank: row(
                    conv(3, 4, 3), kind(n), nn.Flatten(), nn.Linear(4 * 2**rank, 2)
                ),
                2,
                (3, 7),
                (picture,),
            )
        pool, unpool = getattr(nn, f"MaxPool{rank}d"), getattr(nn, f"MaxUnpool{rank}d")
        yield Case(
            f"MaxUnpool{rank}d",
            lambda n, pool=pool, conv=conv, unpool=unpool: Unpool(
                pool(2, return_indices=True), conv(3, n, 1), unpool(2)
            ),
            3,
            (4, 6),
            ((2, 3, *(8,) * rank),),
        )
    for rank in (2, 3):
        conv, kind = getattr(nn, f"Conv{rank}d"), getattr(nn, f"FractionalMaxPool{rank}d")
        yield Case(
            f"FractionalMaxPool{rank}d",
            lambda n, conv=conv, kind=kind: row(conv(3, 4, 3), kind(2, output_size=n), conv(4, 2, 1)),
            3,
            (8, 12),
            ((2, 3, *(9,) * rank),),
        )
        yield Case(
            f"FractionalMaxPool{rank}d",
            lambda n, conv=conv, kind=kind: row(conv(3, 4, 3), kind(2, output_size=3), conv(n, 2, 1)),
            4,
            (5,),
            ((2, 3, *(9,) * rank),),
        )


def _pads() -> Iterator[Case]:
    for rank in (1, 2, 3):
        conv, picture = getattr(nn, f"Conv{rank}d"), (2, 3, *(6,) * rank)
        for mode in ("Circular", "Constant", "Reflection", "Replication", "Zero"):
            name = f"{mode}Pad{rank}d"
            more = (0.5,) if mode == "Constant" else ()
            yield Case(
                name,
                lambda n, name=name, more=more, conv=conv: row(getattr(nn, name)(1, *more), conv(n, 2, 3)),
                3,
                (4, 1),
                (picture,),
            )
            if mode in ("Circular", "Reflection"):
                yield Case(
                    name,
                    lambda n, name=name, conv=conv: row(conv(3, 2, 3), getattr(nn, name)(n), conv(2, 2, 3)),
                    1,
                    (9, 12),
                    (picture,),
                )


def _norms() -> Iterator[Case]:
    for rank in (1, 2, 3):
        conv, picture = getattr(nn, f"Conv{rank}d"), (2, 3, *(6,) * rank)
        for name in (f"BatchNorm{rank}d", f"InstanceNorm{rank}d"):
            more = {"affine": True, "track_running_stats": True} if name.startswith("I") else {"momentum": 0.3}
            kind = getattr(nn, name)
            yield Case(
                name,
                lambda n, kind=kind, conv=conv, more=more: row(
                    conv(3, 4, 3), kind(n, **more), nn.ReLU(), conv(4, 2, 1)
                ),
                4,
                (3, 8),
                (picture,),
            )
            yield Case(
                f"Lazy{name}",
                lambda n, name=name, conv=conv: row(conv(3, 4, 3), getattr(nn, f"Lazy{name}")(), conv(n, 2, 1)),
                4,
                (3, 8),
                (picture,),
            )
    yield Case("BatchNorm1d", lambda n: row(nn.Linear(6, 8), nn.BatchNorm1d(n), nn.Linear(8, 2)), 8, (4, 9), ((4, 6),))
    yield Case(
        "SyncBatchNorm",
        lambda n: row(nn.Conv2d(3, 4, 3), nn.SyncBatchNorm(4).eval(), nn.Conv2d(n, 2, 1)),
        4,
        (5,),
        ((2, 3, 6, 6),),
    )
    for name in ("LayerNorm", "RMSNorm"):
        yield Case(
            name,
            lambda n, name=name: row(nn.Linear(6, 8), getattr(nn, name)(n), nn.Linear(8, 2)),
            8,
            (6, (2, 8)),
            ((4, 6),),
        )
        yield Case(
            name,
            lambda n, name=name: row(nn.Conv2d(3, 4, 3), getattr(nn, name)(n), nn.ReLU()),
            (4, 4, 4),
            (6, (4, 6, 6), (4, 5)),
            ((2, 3, 6, 6),),
        )
    yield Case(
        "GroupNorm",
        lambda n: row(nn.Conv2d(3, 8, 3), nn.GroupNorm(*n), nn.ReLU()),
        (2, 8),
        ((2, 4), (4, 16)),
        ((2, 3, 6, 6),),
    )
    yield Case(
        "LocalResponseNorm",
        lambda n: row(nn.Conv2d(3, 4, 3), nn.LocalResponseNorm(2), nn.Conv2d(n, 2, 1)),
        4,
        (5,),
        ((2, 3, 6, 6),),
    )
    yield Case(
        "CrossMapLRN2d",
        lambda n: row(nn.Conv2d(3, 4, 3), nn.CrossMapLRN2d(2), nn.Conv2d(n, 2, 1)),
        4,
        (5,),
        ((2, 3, 6, 6),),
    )


def _dropouts() -> Iterator[Case]:
    for name in ("Dropout", "AlphaDropout", "FeatureAlphaDropout"):
        yield Case(
            name,
            lambda n, name=name: row(nn.Linear(6, 8), getattr(nn, name)(0.2), nn.Linear(n, 2)),
            8,
            (9, 3),
            ((4, 6),),
        )
    for rank in (1, 2, 3):
        conv = getattr(nn, f"Conv{rank}d")
        yield Case(
            f"Dropout{rank}d",
            lambda n, rank=rank, conv=conv: row(conv(3, 4, 3), getattr(nn, f"Dropout{rank}d")(0.2), conv(n, 2, 1)),
            4,
            (5,),
            ((2, 3, *(6,) * rank),),
        )
