"""Bound on the cost of a template before it runs, from its syntax tree and the largest values that it can read.

Prompts whose bound is low are rendered where they are needed; all others run in a process of their own that can be
ended (`tandem.rendering`). The bound is sound, not tight: a construct that is not listed here has none. Costs are in
microseconds, set above what this project's slowest supported machine needs for each step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from jinja2 import nodes

from tandem.labeling.template_sizes import ELEMENT, SCALAR, Value, collection_of, covering, text_of, value_of

STEP_MICROSECONDS = 1.0
"""Cost of one node of the tree: a name looked up, an attribute read through the sandbox, a filter called."""
COPIED, READ, WORKED = 0.001, 0.004, 0.1
"""Cost of a character that is joined; compared or searched; passed through a regular expression or an encoder."""
_MOST_VISITS = 20_000
_NEEDLE = 100
"""A text is searched for a longer one in linear time; for a shorter one, every character may be compared with each."""


def bound(tree: nodes.Template, scope: Mapping[str, Value]) -> float | None:
    """Return the microseconds that a rendering takes at most, or None for a template that has no simple bound."""
    walk = _Walk()
    try:
        walk.body(tree.body, dict(scope))
    except _UnboundedError:
        return None
    return walk.cost


class _UnboundedError(Exception):
    """The template does something whose cost has no known bound here."""


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
            case nodes.Assign(target=nodes.Name() as target):
                scope[target.name] = self._value(node.node, scope)
            case _:
                raise _UnboundedError

    def _branches(self, node: nodes.If, scope: dict[str, Value]) -> None:
        """Count all branches; a name set in one of them is as large as in the largest."""
        self._value(node.test, scope)
        ends = [scope.copy() for _ in range(3)]
        self.body(node.body, ends[0])
        self.body(node.elif_, ends[1])
        self.body(node.else_, ends[2])
        for name in {name for end in ends for name in end}:
            scope[name] = covering([end[name] for end in ends if name in end])

    def _loop(self, node: nodes.For, scope: dict[str, Value]) -> None:
        items = self._value(node.iter, scope)
        inner = scope.copy()
        target, part = node.target, items.part or SCALAR
        inner["loop"] = Value(part=SCALAR, named={"previtem": part, "nextitem": part})
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
        rule = self._EXPRESSIONS.get(type(node))
        if rule is None:
            raise _UnboundedError
        return rule(self, node, scope)

    def _text(self, node: nodes.TemplateData, _: dict[str, Value]) -> Value:
        return text_of(len(node.data))

    def _constant(self, node: nodes.Const, _: dict[str, Value]) -> Value:
        return value_of(node.value)

    def _name(self, node: nodes.Name, scope: dict[str, Value]) -> Value:
        return scope.get(node.name, SCALAR)

    def _attribute(self, node: nodes.Getattr, scope: dict[str, Value]) -> Value:
        return self._value(node.node, scope).at(node.attr)

    def _element(self, node: nodes.Getitem, scope: dict[str, Value]) -> Value:
        value, wanted = self._value(node.node, scope), node.arg
        if isinstance(wanted, nodes.Const):
            return value.at(wanted.value)
        if isinstance(wanted, nodes.Slice):
            for each in (wanted.start, wanted.stop, wanted.step):
                if each is not None:
                    self._value(each, scope)
            self._step(characters=value.weight, rate=COPIED)
            return value
        self._value(wanted, scope)
        return covering([value.at(None), *value.named.values()])

    def _collection(self, node: nodes.Tuple | nodes.List, scope: dict[str, Value]) -> Value:
        return collection_of([self._value(each, scope) for each in node.items])

    def _either(self, node: nodes.And | nodes.Or, scope: dict[str, Value]) -> Value:
        return covering([self._value(node.left, scope), self._value(node.right, scope)])

    def _choice(self, node: nodes.CondExpr, scope: dict[str, Value]) -> Value:
        self._value(node.test, scope)
        results = [node.expr1, *([node.expr2] if node.expr2 is not None else [])]
        return covering([self._value(each, scope) for each in results])

    def _number(self, node: nodes.UnaryExpr | nodes.BinExpr, scope: dict[str, Value]) -> Value:
        """Bound operators that the sandbox allows for numbers alone, and `not`."""
        for operand in node.iter_child_nodes():
            self._value(operand, scope)
        return SCALAR

    def _joined(self, node: nodes.Concat, scope: dict[str, Value]) -> Value:
        weight = sum(self._value(each, scope).written for each in node.nodes)
        self._step(characters=weight)
        return text_of(weight)

    def _tested(self, node: nodes.Test, scope: dict[str, Value]) -> Value:
        values = [self._value(each, scope) for each in (node.node, *node.args)]
        self._step(characters=2 * sum(value.weight for value in values))
        if node.name == "in":
            self._search(values[-1], values[0])
        return SCALAR

    def _compared(self, node: nodes.Compare, scope: dict[str, Value]) -> Value:
        left = self._value(node.expr, scope)
        for operand in node.ops:
            right = self._value(operand.expr, scope)
            self._step(characters=2 * (left.weight + right.weight))
            if operand.op in ("in", "notin"):
                self._search(right, left)
            left = right
        return SCALAR

    def _search(self, text: Value, wanted: Value) -> None:
        if text.is_text:
            self._step(characters=text.weight * min(wanted.weight, _NEEDLE), rate=COPIED)

    def _sum(self, node: nodes.Add, scope: dict[str, Value]) -> Value:
        left, right = self._value(node.left, scope), self._value(node.right, scope)
        weight = left.weight + right.weight
        self._step(characters=weight, rate=COPIED)
        part = covering([each.part or SCALAR for each in (left, right)])
        return Value(weight, left.count + right.count, left.is_text and right.is_text, part)

    def _filtered(self, node: nodes.Filter, scope: dict[str, Value]) -> Value:
        """Return what covers a filter's result; its arguments must stand in the template."""
        arguments = [*node.args, *(each.value for each in node.kwargs)]
        constants = [each.value for each in arguments if isinstance(each, nodes.Const)]
        rule = _FILTERS.get(node.name)
        if rule is None or node.node is None or len(constants) < len(arguments):
            raise _UnboundedError
        if (arguments and node.name not in _WITH_ARGUMENTS) or node.dyn_args or node.dyn_kwargs:
            raise _UnboundedError
        rate, result = rule
        value = self._value(node.node, scope)
        length = float(sum(len(each) for each in constants if isinstance(each, str)))
        found = result(value, length)
        if node.name == "replace":
            self._search(text_of(2 * value.written), text_of(length))
        self._step(characters=value.written + found.weight if rate else 0.0, rate=rate)
        return found

    def _called(self, node: nodes.Call, scope: dict[str, Value]) -> Value:
        """Return what covers the result of a method of texts and mappings."""
        method = node.node
        if not isinstance(method, nodes.Getattr) or node.kwargs or node.dyn_args or node.dyn_kwargs:
            raise _UnboundedError
        value = self._value(method.node, scope)
        arguments = [self._value(each, scope) for each in node.args]
        self._step(characters=value.weight + sum(each.weight for each in arguments))
        part = value.part or SCALAR
        match method.attr:
            case "items" if not arguments and "items" not in value.named:
                pair = Value(2 * (part.weight + ELEMENT), 2, False, part)
                return Value(2 * value.weight + value.count * ELEMENT, value.count, False, pair)
            case "keys" | "values" if not arguments and method.attr not in value.named:
                return Value(value.weight, value.count, False, part)
            case "get" if arguments and "get" not in value.named:
                return covering([part, *arguments[1:]])
            case "strip" | "lstrip" | "rstrip" | "lower" | "upper" | "title" | "capitalize" if not arguments:
                return text_of(3 * value.weight)
            case "startswith" | "endswith" if arguments:
                return SCALAR
            case _:
                raise _UnboundedError

    _EXPRESSIONS: ClassVar[dict[type[nodes.Node], Callable[[_Walk, Any, dict[str, Value]], Value]]] = {
        nodes.TemplateData: _text,
        nodes.Const: _constant,
        nodes.Name: _name,
        nodes.Getattr: _attribute,
        nodes.Getitem: _element,
        nodes.Compare: _compared,
        nodes.CondExpr: _choice,
        nodes.Concat: _joined,
        nodes.Filter: _filtered,
        nodes.Test: _tested,
        nodes.Call: _called,
        nodes.Add: _sum,
        **dict.fromkeys((nodes.Tuple, nodes.List), _collection),
        **dict.fromkeys((nodes.And, nodes.Or), _either),
        **dict.fromkeys((nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod), _number),
        **dict.fromkeys((nodes.Neg, nodes.Pos, nodes.Not), _number),
    }


def _as_text(times: float) -> Callable[[Value, float], Value]:
    return lambda value, length: text_of(times * value.written + length + 64)


def _with_separators(value: Value, length: float) -> Value:
    return text_of(value.written + value.count * length)


def _replaced(value: Value, length: float) -> Value:
    return text_of(value.written * (1 + length) + length)


def _scalar(value: Value, length: float) -> Value:  # noqa: ARG001 - what each rule takes
    return SCALAR


def _same_or_given(value: Value, length: float) -> Value:
    return covering([value, text_of(length)])


def _first(value: Value, length: float) -> Value:  # noqa: ARG001 - what each rule takes
    return value.part or SCALAR


_Rule = tuple[float, Callable[[Value, float], Value]]
_FILTERS: dict[str, _Rule] = {
    **dict.fromkeys(("length", "count"), (0.0, _scalar)),
    **dict.fromkeys(("abs", "float", "int", "round"), (READ, _scalar)),
    **dict.fromkeys(("first", "last"), (0.0, _first)),
    **dict.fromkeys(("default", "d"), (0.0, _same_or_given)),
    **dict.fromkeys(("upper", "lower", "capitalize", "trim"), (READ, _as_text(3))),
    **dict.fromkeys(("string", "truncate"), (READ, _as_text(1))),
    **dict.fromkeys(("e", "escape"), (READ, _as_text(6))),
    "title": (WORKED, _as_text(3)),
    "wordcount": (WORKED, _scalar),
    "tojson": (READ, lambda value, _: text_of(8 * value.weight + 64)),
    "join": (READ, _with_separators),
    "replace": (READ, _replaced),
}
"""The cost of each character that is read or written, and the size of the result by the value's and the arguments'."""
_WITH_ARGUMENTS = frozenset({"default", "d", "truncate", "join", "replace", "tojson", "first", "int", "float"})
"""Filters that no argument makes slow. Others have one that does: `round(1, "floor", 10 ** 9)`."""
