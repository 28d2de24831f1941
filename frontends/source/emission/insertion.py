"""Inserting layers: into a list, before an ``add``, around the input of a call, around the data of ``fit``."""

from __future__ import annotations

import ast

from repairnn.frontends.errors import CannotEmit
from repairnn.frontends.source.emission.arguments import remove_keyword
from repairnn.frontends.source.emission.outline import Outline
from repairnn.frontends.source.emission.places import Place, fed_expression, input_expression, place_of
from repairnn.frontends.source.emission.rendering import constructor_text, data_text, operation_text, spelling_for
from repairnn.frontends.source.emission.siblings import said_nearby
from repairnn.frontends.source.emission.values import literal
from repairnn.frontends.source.emission.workshop import Workshop
from repairnn.semantics.checker import weights_of
from repairnn.semantics.ir import Node, Ref, refs_in

#: Operations that belong to the data rather than to the model: axes and channels that were forgotten or turned.
OF_THE_DATA = frozenset({"expand_dims", "tile", "transpose"})
SHAPE_KEYWORDS = ("input_shape", "batch_input_shape", "input_dim")


def insert_before(shop: Workshop, consumer: Node, index: int, chain: list[Node]) -> None:
    """Put ``chain`` (in the order the tensor passes through) on the edge into input ``index`` of ``consumer``.

    Raises :class:`CannotEmit` when the text has no place for it.
    """
    if consumer.kind == "loss" and index == 0:
        _insert_after(shop, shop.before[consumer.inputs[0].node], chain)
        return
    if consumer.kind in ("feed", "loss"):
        _wrap_data(shop, consumer, index, chain)
        return
    if _wrapped_where_given(shop, consumer, index, chain):
        return
    place = place_of(shop.outline, consumer)
    if place.form == "listed" and not _has_layers(shop, chain):
        _wrap_where_called(shop, place, chain)
    elif place.form == "listed":
        _insert_listed(shop, place, chain)
    elif place.form == "added":
        _insert_added(shop, place, chain)
    else:
        _wrap_input(shop, consumer, place, index, chain)


def _wrapped_where_given(shop: Workshop, consumer: Node, index: int, chain: list[Node]) -> bool:
    """Wrap what the program gives to a model: ``model(image.unsqueeze(0))``. All edges by which the model reads it
    lead through the new nodes then; false where they do not, or where no expression of a call gives the tensor."""
    if any(node.kind not in OF_THE_DATA for node in chain):
        return False
    source = chain[0].inputs[0]
    edges = shop.before.entrances.get(source, ())
    given = getattr(shop.before.origin, "given", {}).get(source, frozenset())
    readers = {shop.after[reader].inputs[at] for reader, at in edges if reader in shop.after.nodes}
    expressions = [shop.outline.expression(span) for span in given]
    if (consumer.id, index) not in edges or readers != {Ref(chain[-1].id)} or None in expressions or not expressions:
        return False
    sizes = any(True for node in chain for value in node.args.values() for _ in refs_in(value))
    if sizes or any(weights_of(node, _input_shapes(shop, node), shop.before.framework) for node in chain):
        return False
    for expression in expressions:
        if expression is None or isinstance(expression, ast.Starred):
            return False
    for expression in expressions:
        assert expression is not None
        operand = shop.outline.text(expression)
        for node in chain:
            operand = operation_text(shop, node, operand)
        shop.document.replace(*shop.outline.bounds(expression), operand)
    return True


def _insert_after(shop: Workshop, producer: Node, chain: list[Node]) -> None:
    """Put ``chain`` behind the last layer of a model."""
    place = place_of(shop.outline, producer)
    start, end = shop.outline.bounds(place.element)
    text = ""
    if place.form == "listed":
        own_line = shop.document.begins_line(start)
        separator = "," + shop.document.newline + shop.document.indent(place.element.lineno) if own_line else ", "
        for node in chain:
            text += separator + _element_text(shop, place, node, "")
        shop.document.replace(end, end, text)
        return
    statement, call = shop.outline.statement(place.element), shop.outline.parent(place.element)
    if place.form == "added" and isinstance(statement, ast.Expr) and isinstance(call, ast.Call):
        callee = shop.outline.text(call.func)
        line = shop.document.newline + shop.document.indent(statement.lineno)
        end = shop.outline.bounds(statement)[1]
        shop.document.replace(end, end, "".join(f"{line}{callee}({_element_text(shop, place, n, '')})" for n in chain))
        return
    operand = shop.outline.text(place.element)
    for node in chain:
        operand = _applied_text(shop, producer, place, node, operand)
    shop.document.replace(start, end, operand)


def _element_text(shop: Workshop, place: Place, node: Node, extra: str) -> str:
    """A listed or added layer, with a label where its neighbour has one."""
    text = constructor_text(shop, node, place.constructor, extra)
    if place.label is None:
        return text
    label = f"{shop.quote}{node.kind}_{place.label}{shop.quote}, {text}"
    return f"({label})" if place.form == "listed" else label


def _wrap_data(shop: Workshop, consumer: Node, index: int, chain: list[Node]) -> None:
    if consumer.spelling == "apply":
        raise CannotEmit("the tensors of a model are no arrays")
    expression = fed_expression(shop.outline, consumer, index)
    text = shop.outline.text(expression)
    for node in chain:
        if weights_of(node, _input_shapes(shop, node), shop.before.framework):
            raise CannotEmit("data are not passed through layers with weights")
        text = data_text(shop, node, text)
    shop.document.replace(*shop.outline.bounds(expression), text)


def _moved_shape(shop: Workshop, place: Place, entry: Ref) -> str:
    """Take ``input_shape=...`` off the call of a first layer, to give it to the layer that is now the first.

    ``entry`` is what the new layer reads: where the repair changes that input, the new shape is written.
    """
    call = place.constructor
    for keyword in call.keywords if isinstance(call, ast.Call) else ():
        if keyword.arg not in SHAPE_KEYWORDS or not isinstance(call, ast.Call):
            continue
        before, after = shop.before.nodes.get(entry.node), shop.after[entry.node]
        remove_keyword(shop, call, keyword)
        if before is not None and before.args != after.args:
            shop.rewritten.add(entry.node)
            return f"input_shape={literal(tuple(after.args['shape'])[1:], shop.quote)}"
        text = shop.outline.text(keyword.value)
        return f"input_shape=({text},)" if keyword.arg == "input_dim" else f"{keyword.arg}={text}"
    return ""


def _has_layers(shop: Workshop, chain: list[Node]) -> bool:
    """Whether the framework has every new node as a layer object, as a list of layers needs it."""
    try:
        for node in chain:
            spelling_for(shop, node, ("layer",))
    except CannotEmit:
        return False
    return True


def _wrap_where_called(shop: Workshop, place: Place, chain: list[Node]) -> None:
    """Operations before the first layer of a container are applied to what the container is called with."""
    holder = shop.outline.parent(place.element)
    holder = shop.outline.parent(holder) if isinstance(holder, (ast.List, ast.Tuple)) else holder
    statement = shop.outline.statement(place.element)
    first = isinstance(holder, ast.Call) and bool(holder.args) and shop.outline.bounds(holder.args[0])[0] in (
        shop.outline.bounds(place.element)[0], shop.outline.bounds(place.element)[0] - 1,
    )  # fmt: skip
    if not first or not isinstance(statement, ast.Assign) or statement.value is not holder:
        raise CannotEmit("a list of layers takes layers only")
    name = ast.unparse(statement.targets[0])
    within = shop.outline.owner(statement) if name.startswith("self.") else None  # another class has its own
    calls = [
        node
        for node in ast.walk(within or shop.outline.source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name and len(node.args) == 1
    ]
    if not calls:
        raise CannotEmit(f"{name} is not called with a tensor in the text")
    for call in calls:
        operand = shop.outline.text(call.args[0])
        for node in chain:
            operand = operation_text(shop, node, operand)
        shop.document.replace(*shop.outline.bounds(call.args[0]), operand)


def _insert_listed(shop: Workshop, place: Place, chain: list[Node]) -> None:
    start = shop.outline.bounds(place.element)[0]
    line = place.element.lineno
    moved = _moved_shape(shop, place, chain[0].inputs[0])
    own_line = shop.document.begins_line(start)
    separator = "," + shop.document.newline + shop.document.indent(line) if own_line else ", "
    for position, node in enumerate(chain):
        text = _element_text(shop, place, node, moved if position == 0 else "")
        shop.document.replace(start, start, text + separator)


def _insert_added(shop: Workshop, place: Place, chain: list[Node]) -> None:
    statement = shop.outline.statement(place.element)
    call = shop.outline.parent(place.element)
    if statement is None or not isinstance(call, ast.Call):
        raise CannotEmit("the layer is not added by a statement of its own")
    callee = shop.outline.text(call.func)
    moved = _moved_shape(shop, place, chain[0].inputs[0])
    for position, node in enumerate(chain):
        text = _element_text(shop, place, node, moved if position == 0 else "")
        insert_statement(shop, statement, f"{callee}({text})")


def insert_statement(shop: Workshop, before: ast.stmt, text: str) -> None:
    """A new statement on the line before another one, or on its line where that is not the first there."""
    start = shop.outline.bounds(before)[0]
    if shop.document.begins_line(start):
        shop.document.replace(start, start, text + shop.document.newline + shop.document.indent(before.lineno))
    else:
        shop.document.replace(start, start, text + "; ")


def _wrap_input(shop: Workshop, consumer: Node, place: Place, index: int, chain: list[Node]) -> None:
    expression = input_expression(shop.outline, consumer, place, index)
    operand = shop.outline.text(expression)
    statement = shop.outline.statement(expression)
    read = {ref for node in chain for value in node.args.values() for ref in refs_in(value)}
    if read and all(weights_of(node, _input_shapes(shop, node), shop.before.framework) for node in chain):
        for node in chain:
            if shop.outline.owner(place.element) is not None:
                operand = f"self.{_made_for_all(shop, consumer, place, node)}({operand})"
                continue
            said = said_nearby(shop, consumer, node, shop.outline.scope(place.element))
            operand = f"{constructor_text(shop, node, place.constructor, said=said)}({operand})"
        _put(shop, expression, operand)
        return
    if read:
        _wrap_beside(shop, consumer, place, index, chain, read)
        return
    if isinstance(expression, ast.Name) and statement is not None and _rebinds(shop.outline, statement, expression):
        for node in chain:
            insert_statement(shop, statement, f"{operand} = {_applied_text(shop, consumer, place, node, operand)}")
        return
    for node in chain:
        operand = _applied_text(shop, consumer, place, node, operand)
    _put(shop, expression, operand)


def _put(shop: Workshop, expression: ast.expr, text: str) -> None:
    """Write another expression in its place; what ``x += y`` changes gets its new value on the line before."""
    statement = shop.outline.parent(expression)
    if isinstance(statement, ast.AugAssign) and statement.target is expression:
        insert_statement(shop, statement, f"{shop.outline.text(expression)} = {text}")
    else:
        shop.document.replace(*shop.outline.bounds(expression), text)


def _wrap_beside(shop: Workshop, consumer: Node, place: Place, index: int, chain: list[Node], read: set[Ref]) -> None:
    """Wrap an input in an operation that reads the sizes of other inputs of the same call.

    Inputs that are no plain names get one on a line before, in the order in which they are evaluated.
    """
    if shop.before.framework != "torch":
        raise CannotEmit("only tensors of PyTorch can be asked for their sizes")
    names: dict[Ref, str] = {}
    operand = ""
    for number, ref in enumerate(consumer.inputs):
        expression = input_expression(shop.outline, consumer, place, number)
        text = shop.outline.text(expression)
        if not isinstance(expression, (ast.Name, ast.Attribute)):
            statement = shop.outline.statement(expression)
            if statement is None or not shop.document.begins_line(shop.outline.bounds(statement)[0]):
                raise CannotEmit("there is no line for the sizes to be read on")
            named = _free_name(shop, f"input_{number + 1}")
            insert_statement(shop, statement, f"{named} = {text}")
            if number != index:
                shop.document.replace(*shop.outline.bounds(expression), named)
            text = named
        names[ref] = text
        operand = text if number == index else operand
    if not read <= names.keys():
        raise CannotEmit("the sizes are not those of an input of the same call")
    for node in chain:
        operand = operation_text(shop, node, operand, names)
    _put(shop, input_expression(shop.outline, consumer, place, index), operand)


def _free_name(shop: Workshop, wanted: str) -> str:
    used = {node.id for node in ast.walk(shop.outline.source.tree) if isinstance(node, ast.Name)}
    return (
        wanted if wanted not in used else next(f"{wanted}_{i}" for i in range(2, 1000) if f"{wanted}_{i}" not in used)
    )


def _rebinds(outline: Outline, statement: ast.stmt, name: ast.Name) -> bool:
    """Whether the statement gives the name a new value and reads it once, so that an own line changes nothing else."""
    if isinstance(statement, ast.Return):
        reads = [n for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id == name.id]
        return len(reads) == 1
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    target = statement.targets[0]
    reads = [n for n in ast.walk(statement.value) if isinstance(n, ast.Name) and n.id == name.id]
    return isinstance(target, ast.Name) and target.id == name.id and len(reads) == 1


def _applied_text(shop: Workshop, consumer: Node, place: Place, node: Node, operand: str) -> str:
    inside_model = _in_method(shop.outline, place)
    weightless = not weights_of(
        node, [None if s is None else s for s in _input_shapes(shop, node)], shop.before.framework
    )
    if shop.before.framework == "torch" and weightless:
        return operation_text(shop, node, operand)
    if inside_model:
        return f"self.{_attribute(shop, consumer, place, node)}({operand})"
    return f"{constructor_text(shop, node, place.constructor)}({operand})"


def _input_shapes(shop: Workshop, node: Node) -> list[tuple[int | None, ...] | None]:
    from repairnn.semantics.checker import check, shape_of

    shapes = check(shop.after).shapes
    return [shape_of(shapes, ref) for ref in node.inputs]


def _in_method(outline: Outline, place: Place) -> bool:
    scope = outline.scope(place.element)
    arguments = getattr(scope, "args", None)
    names = [argument.arg for argument in arguments.args] if arguments is not None else []
    return (
        outline.owner(place.element) is not None and names[:1] == ["self"] and getattr(scope, "name", "") != "__init__"
    )


def _attribute(shop: Workshop, consumer: Node, place: Place, node: Node) -> str:
    """Make the new layer in ``__init__``, before the layer it feeds, and return the attribute's name."""
    owner = shop.outline.owner(place.element)
    statement = shop.outline.statement(place.constructor) if place.constructor is not None else None
    used = {n.attr for n in ast.walk(owner or place.element) if isinstance(n, ast.Attribute)}
    base = node.kind
    name = base if base not in used else next(f"{base}_{i}" for i in range(2, 1000) if f"{base}_{i}" not in used)
    if (
        isinstance(statement, ast.Assign)
        and shop.outline.owner(statement) is owner
        and _in_constructor(shop, statement)
    ):
        insert_statement(shop, statement, f"self.{name} = {constructor_text(shop, node, place.constructor)}")
        return name
    last = _last_of_constructor(owner)
    if last is None:
        raise CannotEmit(f"{consumer.name or consumer.id} stands in a class without a constructor")
    line = shop.document.newline + shop.document.indent(last.lineno)
    end = shop.outline.bounds(last)[1]
    shop.document.replace(end, end, f"{line}self.{name} = {constructor_text(shop, node, None)}")
    return name


def _made_for_all(shop: Workshop, consumer: Node, place: Place, node: Node) -> str:
    """Make one layer, in the constructor of the class, for all objects of the class; return the attribute's name."""
    owner = shop.outline.owner(place.element)
    last = _last_of_constructor(owner)
    if owner is None or last is None:
        raise CannotEmit(f"{consumer.name or consumer.id} stands in a class without a constructor")
    used = {n.attr for n in ast.walk(owner) if isinstance(n, ast.Attribute)}
    base = "shortcut" if consumer.kind == "merge" else node.kind
    name = base if base not in used else next(f"{base}_{i}" for i in range(2, 1000) if f"{base}_{i}" not in used)
    line = shop.document.newline + shop.document.indent(last.lineno)
    text = constructor_text(shop, node, None, said=said_nearby(shop, consumer, node, owner))
    end = shop.outline.bounds(last)[1]
    shop.document.replace(end, end, f"{line}self.{name} = {text}")
    return name


def _in_constructor(shop: Workshop, statement: ast.stmt) -> bool:
    return getattr(shop.outline.scope(statement), "name", "") == "__init__"


def _last_of_constructor(owner: ast.ClassDef | None) -> ast.stmt | None:
    """The last statement of ``__init__``."""
    for statement in owner.body if owner is not None else ():
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            return statement.body[-1]
    return None
