"""Bounds what a template costs before it runs, from its syntax tree and the largest values that it can read.

Prompts whose bound is low are rendered where they are needed; all others run in a process of their own that can be
ended (`tandem.rendering`). The bound is sound, not tight: a construct that is not listed here has none. Costs are in
microseconds, set above what this project's slowest supported machine needs for each step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from jinja2 import nodes

STEP_MICROSECONDS = 2.0
"""One node of the tree: a name looked up, an attribute read through the sandbox, a filter called."""
COPIED, READ, WORKED = 0.001, 0.004, 0.1
"""A character that is joined; compared or searched; passed through a regular expression or an encoder."""
_ELEMENT = 8
"""What an element of a collection weighs beside its characters: comparing it costs a call."""
_MOST_VISITS = 20_000
_NEEDLE = 100
"""A text is searched for a longer one in linear time; for a shorter one, every character may be compared with each."""


@dataclass(frozen=True, slots=True)
class Value:
    """The largest that a value can be. `weight` counts all characters and elements in it, shared ones once a use."""

    weight: float = 32.0
    count: float = 0.0
    """Turns of a loop over it."""
    is_text: bool = True
    """Whether it is a text or a number; a collection is longer when it is written out."""
    part: Value | None = None
    """What covers each of its elements, keys and attributes."""
    named: Mapping[str, Value] = field(default_factory=dict)
    """Attributes of which more is known."""

    def at(self, name: object) -> Value:
        """Return what covers the attribute or element of this name."""
        if isinstance(name, str) and name in self.named:
            return self.named[name]
        return self.part or SCALAR

    @property
    def written(self) -> float:
        """Characters that the value has at most when it is written out; those of collections may be escaped."""
        return self.weight if self.is_text else 10 * self.weight


SCALAR = Value()


def text_of(characters: float) -> Value:
    return Value(characters, characters, part=SCALAR)


def collection_of(values: Sequence[Value], named: Mapping[str, Value] | None = None) -> Value:
    """Return what covers a list, or with `named` a mapping."""
    weight = sum(value.weight + _ELEMENT for value in values)
    return Value(weight, len(values), False, _largest(values), named or {})


def record_of(fields: int, characters: int) -> Value:
    """Return what covers the fields of every record with at most so many of them, and characters in all."""
    return Value(characters + fields * _ELEMENT, fields, False, text_of(characters))


def value_of(given: object, seen: dict[int, Value] | None = None) -> Value:
    """Return what covers a plain value that is known: mappings, lists, texts and numbers. `seen`: values by identity,
    for those that stand in several places."""
    seen = {} if seen is None else seen
    if isinstance(given, str):
        return text_of(len(given))
    if (found := seen.get(id(given))) is not None:
        return found
    if isinstance(given, Mapping):
        named = {str(name): value_of(each, seen) for name, each in given.items()}
        found = collection_of([*named.values(), *map(text_of, map(len, named))], named)
    elif isinstance(given, list | tuple):
        found = collection_of([value_of(each, seen) for each in given])
    else:
        return SCALAR
    seen[id(given)] = found
    return found


def _largest(values: Sequence[Value]) -> Value | None:
    """Return what covers each of the values."""
    if len(values) < 2:
        return values[0] if values else None
    names = {name for value in values for name in value.named}
    parts = [value.part for value in values if value.part is not None]
    return Value(
        max(value.weight for value in values),
        max(value.count for value in values),
        all(value.is_text for value in values),
        _largest(parts),
        {name: _covering([value.at(name) for value in values]) for name in names},
    )


def _covering(values: Sequence[Value]) -> Value:
    return _largest(values) or SCALAR


def bound(tree: nodes.Template, scope: Mapping[str, Value]) -> float | None:
    """Return the microseconds that a rendering takes at most, or None for a template that has no simple bound."""
    walk = _Walk()
    try:
        walk.body(tree.body, dict(scope))
    except _UnboundedError:
        return None
    return walk.cost


class _UnboundedError(Exception):
    """The template does something of which no bound is known here."""


class _Walk:
    """Walks a template as a rendering does, each loop once, and adds up what it costs."""

    def __init__(self) -> None:
        self.cost = 0.0
        self._visits = 0

    def body(self, body: Sequence[nodes.Node], scope: dict[str, Value]) -> None:
        for node in body:
            self._statement(node, scope)

    def _step(self, *, characters: float = 0.0, rate: float = READ) -> None:
        self.cost += STEP_MICROSECONDS + characters * rate
        self._visits += 1
        if self._visits > _MOST_VISITS:
            raise _UnboundedError

    @contextmanager
    def _times(self, count: float) -> Iterator[None]:
        before, self.cost = self.cost, 0.0
        yield
        self.cost = before + count * (self.cost + STEP_MICROSECONDS)

    def _statement(self, node: nodes.Node, scope: dict[str, Value]) -> None:
        match node:
            case nodes.Output():
                for each in node.nodes:
                    value = self._value(each, scope)
                    self._step(characters=value.written, rate=COPIED if value.is_text else READ)
            case nodes.If():
                self._branches(node, scope)
            case nodes.For(recursive=False):
                self._loop(node, scope)
            case nodes.Assign(target=nodes.Name()):
                scope[node.target.name] = self._value(node.node, scope)
            case _:
                raise _UnboundedError

    def _branches(self, node: nodes.If, scope: dict[str, Value]) -> None:
        """All branches are counted; a name set in one of them is as large as in the largest."""
        self._value(node.test, scope)
        ends = [scope.copy() for _ in range(3)]
        self.body(node.body, ends[0])
        self.body(node.elif_, ends[1])
        self.body(node.else_, ends[2])
        for name in {name for end in ends for name in end}:
            scope[name] = _covering([end[name] for end in ends if name in end])

    def _loop(self, node: nodes.For, scope: dict[str, Value]) -> None:
        items = self._value(node.iter, scope)
        inner = scope.copy()
        inner["loop"] = Value(part=_covering([items.part or SCALAR, SCALAR]))
        target, part = node.target, items.part or SCALAR
        if isinstance(target, nodes.Name):
            inner[target.name] = part
        elif isinstance(target, nodes.Tuple) and all(isinstance(name, nodes.Name) for name in target.items):
            inner |= {name.name: part.part or SCALAR for name in target.find_all(nodes.Name)}
        else:
            raise _UnboundedError
        with self._times(items.count):
            if node.test is not None:
                self._value(node.test, inner)
            self.body(node.body, inner)
        self.body(node.else_, scope.copy())

    def _value(self, node: nodes.Node, scope: dict[str, Value]) -> Value:
        """Return what covers the expression's value."""
        self._step()
        match node:
            case nodes.TemplateData():
                return text_of(len(node.data))
            case nodes.Const():
                return value_of(node.value)
            case nodes.Name():
                return scope.get(node.name, SCALAR)
            case nodes.Getattr():
                return self._value(node.node, scope).at(node.attr)
            case nodes.Getitem(arg=nodes.Const()):
                return self._value(node.node, scope).at(node.arg.value)
            case nodes.Getitem(arg=nodes.Name() | nodes.Getattr()):
                self._value(node.arg, scope)
                value = self._value(node.node, scope)
                return _covering([value.at(None), *value.named.values()])
            case nodes.Getitem(arg=nodes.Slice()):
                for each in (node.arg.start, node.arg.stop, node.arg.step):
                    if each is not None:
                        self._value(each, scope)
                value = self._value(node.node, scope)
                self._step(characters=value.weight, rate=COPIED)
                return value
            case nodes.Tuple() | nodes.List():
                return collection_of([self._value(each, scope) for each in node.items])
            case nodes.Add():
                return self._sum(self._value(node.left, scope), self._value(node.right, scope))
            case nodes.Sub() | nodes.Mul() | nodes.Div() | nodes.FloorDiv() | nodes.Mod():
                self._value(node.left, scope)  # the sandbox takes numbers alone
                self._value(node.right, scope)
                return SCALAR
            case nodes.Neg() | nodes.Pos():
                self._value(node.node, scope)
                return SCALAR
            case nodes.Compare():
                self._compared(node, scope)
                return SCALAR
            case nodes.And() | nodes.Or():
                return _covering([self._value(node.left, scope), self._value(node.right, scope)])
            case nodes.Not():
                self._value(node.node, scope)
                return SCALAR
            case nodes.CondExpr():
                self._value(node.test, scope)
                results = [node.expr1, *([node.expr2] if node.expr2 is not None else [])]
                return _covering([self._value(each, scope) for each in results])
            case nodes.Concat():
                weight = sum(self._value(each, scope).written for each in node.nodes)
                self._step(characters=weight, rate=READ)
                return text_of(weight)
            case nodes.Filter():
                return self._filtered(node, scope)
            case nodes.Test():
                values = [self._value(each, scope) for each in (node.node, *node.args)]
                self._step(characters=2 * sum(value.weight for value in values))
                if node.name == "in":
                    self._search(values[-1], values[0])
                return SCALAR
            case nodes.Call(node=nodes.Getattr()) if not (node.kwargs or node.dyn_args or node.dyn_kwargs):
                return self._called(node, node.node, scope)
            case _:
                raise _UnboundedError

    def _compared(self, node: nodes.Compare, scope: dict[str, Value]) -> None:
        left = self._value(node.expr, scope)
        for operand in node.ops:
            right = self._value(operand.expr, scope)
            self._step(characters=2 * (left.weight + right.weight))
            if operand.op in ("in", "notin"):
                self._search(right, left)
            left = right

    def _search(self, text: Value, wanted: Value) -> None:
        if text.is_text:
            self._step(characters=text.weight * min(wanted.weight, _NEEDLE), rate=COPIED)

    def _sum(self, left: Value, right: Value) -> Value:
        weight = left.weight + right.weight
        self._step(characters=weight, rate=COPIED)
        part = _covering([each.part or SCALAR for each in (left, right)])
        return Value(weight, left.count + right.count, left.is_text and right.is_text, part)

    def _filtered(self, node: nodes.Filter, scope: dict[str, Value]) -> Value:
        """Return what covers a filter's result; its arguments must stand in the template."""
        arguments = [*node.args, *(each.value for each in node.kwargs)]
        constant = all(isinstance(each, nodes.Const) for each in arguments)
        rule = _FILTERS.get(node.name)
        if rule is None or not constant or node.dyn_args is not None or node.dyn_kwargs is not None:
            raise _UnboundedError
        if node.node is None or (arguments and node.name not in _WITH_ARGUMENTS):
            raise _UnboundedError
        rate, result = rule
        value = self._value(node.node, scope)
        length = float(sum(len(each.value) for each in arguments if isinstance(getattr(each, "value", None), str)))
        found = result(value, length)
        if node.name == "replace":
            self._search(text_of(2 * value.written), text_of(length))
        self._step(characters=value.written + found.weight if rate else 0.0, rate=rate)
        return found

    def _called(self, node: nodes.Call, method: nodes.Getattr, scope: dict[str, Value]) -> Value:
        """Return what covers the result of a method of texts and mappings."""
        value = self._value(method.node, scope)
        arguments = [self._value(each, scope) for each in node.args]
        self._step(characters=value.weight + sum(each.weight for each in arguments))
        part = value.part or SCALAR
        match method.attr:
            case "items" if not arguments and "items" not in value.named:
                pair = Value(2 * (part.weight + _ELEMENT), 2, False, part)
                return Value(2 * value.weight + value.count * _ELEMENT, value.count, False, pair)
            case "keys" | "values" if not arguments and method.attr not in value.named:
                return Value(value.weight, value.count, False, part)
            case "get" if arguments and "get" not in value.named:
                return _covering([part, *arguments[1:]])
            case "strip" | "lstrip" | "rstrip" | "lower" | "upper" | "title" | "capitalize" if not arguments:
                return text_of(3 * value.weight)
            case "startswith" | "endswith" if arguments:
                return SCALAR
            case _:
                raise _UnboundedError


def _as_text(times: float) -> Callable[[Value, float], Value]:
    return lambda value, length: text_of(times * value.written + length + 64)


def _joined(value: Value, length: float) -> Value:
    return text_of(value.written + value.count * length)


def _replaced(value: Value, length: float) -> Value:
    return text_of(value.written * (1 + length) + length)


def _scalar(value: Value, length: float) -> Value:  # noqa: ARG001 - what each rule takes
    return SCALAR


def _same_or_given(value: Value, length: float) -> Value:
    return _covering([value, text_of(length)])


def _element(value: Value, length: float) -> Value:  # noqa: ARG001 - what each rule takes
    return value.part or SCALAR


_Rule = tuple[float, Callable[[Value, float], Value]]
_FILTERS: dict[str, _Rule] = {
    **dict.fromkeys(("length", "count"), (0.0, _scalar)),
    **dict.fromkeys(("abs", "float", "int", "round"), (READ, _scalar)),
    **dict.fromkeys(("first", "last"), (0.0, _element)),
    **dict.fromkeys(("default", "d"), (0.0, _same_or_given)),
    **dict.fromkeys(("upper", "lower", "capitalize", "trim"), (READ, _as_text(3))),
    **dict.fromkeys(("string", "truncate"), (READ, _as_text(1))),
    **dict.fromkeys(("e", "escape"), (READ, _as_text(6))),
    "title": (WORKED, _as_text(3)),
    "wordcount": (WORKED, _scalar),
    "tojson": (READ, lambda value, _: text_of(8 * value.weight + 64)),
    "join": (READ, _joined),
    "replace": (READ, _replaced),
}
"""The cost of each character that is read or written, and the size of the result by the value's and the arguments'."""
_WITH_ARGUMENTS = frozenset({"default", "d", "truncate", "join", "replace", "tojson", "first", "int", "float"})
"""Filters that no argument makes slow. Others have one that does: `round(1, "floor", 10 ** 9)`."""


def scope_of(given: Mapping[str, Any]) -> dict[str, Value]:
    """Return what covers each of the variables of a template."""
    seen: dict[int, Value] = {}
    return {name: value_of(each, seen) for name, each in given.items()}
