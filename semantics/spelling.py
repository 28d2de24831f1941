"""What a layer is called in a framework, and how a call's arguments are named and ordered there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeAlias, TypeVar, cast

Value = TypeVar("Value")
Form: TypeAlias = Literal["layer", "function", "method"]


@dataclass(frozen=True)
class Spelling:
    """One name of a declaration in one framework.

    ``parameters``  the framework's parameter names in positional order, tensors of functions and methods left out;
                    ``*size`` takes all positional arguments from there on (``x.view(2, -1)``, ``x.view((2, -1))``)
    ``keywords``    further parameters that can be given by keyword only
    ``renames``     the framework's parameter to the canonical argument, where they differ
    ``fixed``       canonical arguments that the name implies: ``{"rank": 2}``
    ``defaults``    canonical defaults that differ from the declaration's
    ``aliases``     other names of today for the same thing
    ``legacy``      parameter names of older versions to today's names: ``{"nb_filter": "filters"}``
    ``tensors``     for functions and methods: names of the leading tensor parameters (a method's first is self);
                    ``*tensors`` is one parameter that takes a sequence of tensors
    ``ignored``     parameters that change neither shape nor value (``name``, ``trainable``, initialisers)
    ``domains``     canonical arguments whose values are others under this name (:mod:`repairnn.semantics.domains`)
    ``required``    canonical arguments that must be given under this name, although the declaration has a default
    """

    framework: str
    name: str
    parameters: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    legacy: Mapping[str, str] = field(default_factory=dict)
    tensors: tuple[str, ...] = ()
    ignored: frozenset[str] = frozenset()
    form: Form = "layer"
    domains: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()

    def canonical(self, parameter: str) -> str:
        """The canonical argument that a parameter of the framework sets."""
        plain = parameter.removeprefix("*")
        return self.renames.get(plain, plain)

    def parameter(self, argument: str) -> str:
        """The framework's parameter for a canonical argument."""
        return next((theirs for theirs, ours in self.renames.items() if ours == argument), argument)


@dataclass(frozen=True)
class Bound(Generic[Value]):
    """A call's arguments by canonical name.

    ``places`` says how each was given: a position, or the keyword used. ``unknown`` lists what the framework
    does not know by that name or at that position; ``legacy`` lists names of older versions that were understood.
    """

    args: dict[str, Value]
    places: dict[str, int | str]
    unknown: tuple[str, ...] = ()
    legacy: tuple[str, ...] = ()


#: Parameters of every Keras layer that no shape or value depends on here.
KERAS_COMMON = frozenset({"name", "trainable", "dtype", "activity_regularizer", "autocast"})


def bind(spelling: Spelling, positional: Sequence[Value], keywords: Mapping[str, Value]) -> Bound[Value]:
    """Sort a call's arguments into canonical names; values are passed through untouched.

    A variadic parameter that got several values becomes the tuple of them; one value stays as it is.
    """
    args: dict[str, Value] = {}
    places: dict[str, int | str] = {}
    unknown: list[str] = []
    legacy: list[str] = []
    for index, value in enumerate(positional):
        if index >= len(spelling.parameters):
            unknown.append(f"positional argument {index + 1}")
            continue
        argument = spelling.canonical(spelling.parameters[index])
        args[argument], places[argument] = value, index
        if spelling.parameters[index].startswith("*"):
            args[argument] = value if index + 1 == len(positional) else cast(Value, tuple(positional[index:]))
            break
    known = {name.removeprefix("*") for name in (*spelling.parameters, *spelling.keywords)}
    for keyword, value in keywords.items():
        parameter = keyword
        if keyword not in known and keyword in spelling.legacy:
            parameter = spelling.legacy[keyword]
            legacy.append(keyword)
        if parameter in spelling.ignored or (spelling.framework == "keras" and parameter in KERAS_COMMON):
            continue
        if parameter not in known:
            unknown.append(keyword)
            continue
        argument = spelling.canonical(parameter)
        args[argument], places[argument] = value, keyword
    return Bound(args, places, tuple(unknown), tuple(legacy))
