"""Where programs keep their settings: ``argparse``, ``SimpleNamespace``, named tuples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repairnn.frontends.source.library import COMMON, function, method
from repairnn.frontends.source.operators import FAILURES
from repairnn.frontends.source.values import (
    NONE,
    Known,
    Listing,
    Native,
    Object,
    Symbol,
    Table,
    Unknown,
    Value,
    known,
)  # fmt: skip

if TYPE_CHECKING:
    from repairnn.frontends.source.calls import Call
    from repairnn.frontends.source.interpreter import Machine

PARSER = "argparse.ArgumentParser"
NAMESPACE = "argparse.Namespace"
COMMON.update({"argparse": "argparse"})


@function(PARSER)
def parser(machine: Machine, call: Call) -> Value:
    """A parser without options yet."""
    return Object(PARSER)


@method(PARSER, "add_argument_group", "add_mutually_exclusive_group", "add_subparsers", "add_parser")
def _group(machine: Machine, parser: Object, call: Call) -> Value:
    return parser


@method(PARSER, "add_argument")
def _add_argument(machine: Machine, parser: Object, call: Call) -> Value:
    """The value of an option is its default: the program may be called without it."""
    names = [known(a.value, str) for a in call.positional]
    flags = [name for name in names if name]
    if not flags:
        return NONE
    chosen = known(call.get(None, "dest"), str)
    long = next((f for f in flags if f.startswith("--")), flags[0])
    name = chosen or long.lstrip("-").replace("-", "_")
    parser.attributes[name] = _default(call, name, positional=not flags[0].startswith("-"))
    return NONE


def _default(call: Call, name: str, positional: bool) -> Value:
    action = known(call.get(None, "action"), str)
    default = call.get(None, "default")
    if default is not None:
        kind = call.get(None, "type")
        return _converted(default, kind)
    if action in ("store_true", "store_false"):
        return Known(action == "store_false")
    if positional or (call.get(None, "required") or Known(False)).truth() or call.open:
        return Unknown(f"option {name}, which the caller gives")
    return Known(None)


def _converted(value: Value, kind: Value | None) -> Value:
    """argparse converts defaults that are strings."""
    path = kind.path if isinstance(kind, Symbol) else ""
    if isinstance(value, Known) and isinstance(value.value, str) and path in ("builtins.int", "builtins.float"):
        try:
            return Known({"builtins.int": int, "builtins.float": float}[path](value.value), span=value.span)
        except FAILURES:
            return Unknown("an option that does not convert")
    return value


@method(PARSER, "parse_args", "parse_known_args")
def _parse(machine: Machine, parser: Object, call: Call) -> Value:
    found = Object(NAMESPACE, dict(parser.attributes))
    return Listing([found, Listing([])], "tuple") if call.name == "parse_known_args" else found


@method(PARSER, "set_defaults")
def _set_defaults(machine: Machine, parser: Object, call: Call) -> Value:
    parser.attributes.update({name: argument.value for name, argument in call.keywords.items()})
    return NONE


@function("types.SimpleNamespace", "argparse.Namespace", "easydict.EasyDict", "ml_collections.ConfigDict")
def namespace(machine: Machine, call: Call) -> Value:
    """Attributes by keyword, or of a dict."""
    attributes = {name: argument.value for name, argument in call.keywords.items()}
    first = call.get(0)
    if isinstance(first, Table):
        attributes.update({k: value for k, (_, value) in first.entries.items() if isinstance(k, str)})
    return Object(NAMESPACE, attributes)


@function("builtins.vars")
def vars_of(machine: Machine, call: Call) -> Value:
    """``vars(object)`` as a dict."""
    value = call.get(0)
    attributes = getattr(value, "attributes", None)
    return Table.of(attributes) if isinstance(attributes, dict) else Table({}, open=True)


@function("collections.namedtuple")
def namedtuple(machine: Machine, call: Call) -> Value:
    """A class whose fields are the names given."""
    fields = call.get(1, "field_names")
    text = known(fields, str)
    names = text.replace(",", " ").split() if text is not None else [
        known(item, str) or "" for item in (fields.elements(machine) or [] if fields is not None else [])
    ]  # fmt: skip

    def make(machine: Machine, call: Call) -> Value:
        found = {name: call.get(i, name) or Unknown(f"field {name}") for i, name in enumerate(names)}
        return Object(NAMESPACE, found)

    return Native("namedtuple", make)
