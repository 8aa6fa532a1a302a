"""Jinja2 templates that users write, run so that the worst of them costs a bounded amount of time and memory.

On top of Jinja2's immutable sandbox: an allow-list of filters and methods, no macros, bounded results of every
operation that can grow a value, a bounded number of loop steps, and a limit on CPU time. Templates see plain
mappings alone, never one of our objects (a pydantic model has methods that read files).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range

TEMPLATE_LIMIT = 20_000
"""Characters of a template's source."""
VALUE_LIMIT = 400_000
"""Characters of a rendered message (a record at its largest and what stands around it), and of any value a template
builds on the way."""
STEP_LIMIT = 100_000
"""Turns of all loops of one rendering."""
CPU_SECONDS = 1.0


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FILTERS = _words(
    "abs capitalize count d default dictsort escape e first float int items last length list lower map max min "
    "reject rejectattr reverse round select selectattr sort string striptags sum title trim truncate unique upper "
    "wordcount"
)
_METHODS: dict[type, frozenset[str]] = {
    str: _words(
        "capitalize casefold count endswith find islower isupper lower lstrip removeprefix removesuffix rstrip split "
        "splitlines startswith strip title upper"
    ),
    dict: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
    LoopContext: _words(
        "changed cycle depth depth0 first index index0 last length nextitem previtem revindex revindex0"
    ),
}
_FORBIDDEN: dict[type[nodes.Node], str] = {
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "from ... import",
    nodes.Extends: "extends",
    nodes.Block: "block",
}


class PromptError(ValueError):
    """A template cannot be compiled or rendered; the message is for the person who wrote it."""

    def __init__(self, message: str, *, template: str, variable: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.template = template
        """Which one: system or user."""
        self.variable = variable
        """The variable that is not there, as a path: `fields.premise`. None when something else is wrong."""
        self.line = line


class Scope(dict[str, Any]):
    """A mapping that templates read, which knows what they call it."""

    def __init__(self, path: str, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.path = path


class Template:
    """A compiled template. Raises PromptError from the constructor and from `render`."""

    def __init__(self, source: str, *, name: str) -> None:
        self._name = name
        if len(source) > TEMPLATE_LIMIT:
            raise PromptError(
                f"the {name} template has {len(source):,} characters; at most {TEMPLATE_LIMIT:,} are allowed",
                template=name,
            )
        try:
            tree = _ENVIRONMENT.parse(source)
            self.variables: frozenset[str] = frozenset(meta.find_undeclared_variables(tree))
            """Names the template reads from outside."""
            self._template = _ENVIRONMENT.from_string(_guarded(tree))
        except TemplateSyntaxError as error:
            raise PromptError(
                f"the {name} template, line {error.lineno}: {error.message}", template=name, line=error.lineno
            ) from error
        except (RecursionError, MemoryError, SyntaxError) as error:
            raise PromptError(f"the {name} template is nested too deeply", template=name) from error

    def render(self, **variables: Any) -> str:
        """The text without surrounding white space."""
        token = _meter.set(_Meter())
        try:
            return _join(self._template.root_render_func(self._template.new_context(variables))).strip()
        except _MissingVariableError as error:
            raise PromptError(
                f"the {self._name} template: {error}", template=self._name, variable=error.variable
            ) from (error)
        except TemplateError as error:
            raise PromptError(f"the {self._name} template: {error.message}", template=self._name) from error
        except Exception as error:  # a template's expressions can raise whatever Python can
            raise PromptError(f"the {self._name} template: {error}", template=self._name) from error
        finally:
            _meter.reset(token)


class _MissingVariableError(UndefinedError):
    def __init__(self, message: str | None = None, *, variable: str) -> None:
        super().__init__(message)
        self.variable = variable


class _Missing(StrictUndefined):
    """Names what is missing and what is there instead."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = None, name: str | None = None, exc: Any = None) -> None:
        variable = f"{obj.path}.{name}" if isinstance(obj, Scope) else str(name)
        if hint is None:
            hint = f"{variable!r} is not defined"
            if isinstance(obj, Scope):
                hint += f"; there is {', '.join(f'{obj.path}.{key}' for key in obj) or 'nothing'}"
        if exc is None or exc is UndefinedError:
            exc = partial(_MissingVariableError, variable=variable)
        super().__init__(hint, obj, name, exc)


class _Meter:
    """What one rendering has used."""

    __slots__ = ("_deadline", "_steps")

    def __init__(self) -> None:
        self._steps = 0
        self._deadline = time.thread_time() + CPU_SECONDS

    def tick(self) -> None:
        self._steps += 1
        if self._steps > STEP_LIMIT:
            raise SecurityError(f"its loops take more than {STEP_LIMIT:,} turns")
        if time.thread_time() > self._deadline:
            raise SecurityError(f"it takes more than {CPU_SECONDS:g} s to render")


_meter: ContextVar[_Meter] = ContextVar("meter")


def _counted(items: Iterable[Any]) -> Iterator[Any]:
    """What every loop runs over."""
    meter = _meter.get()
    for item in items:
        meter.tick()
        yield item


def _metered(function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, once the meter agrees; Jinja2's marks of what it wants passed are kept."""

    @wraps(function)
    def metered(*args: Any, **kwargs: Any) -> Any:
        if (meter := _meter.get(None)) is not None:
            meter.tick()
        return function(*args, **kwargs)

    return metered


def _bounded(size: int) -> None:
    if size > VALUE_LIMIT:
        raise SecurityError(f"it builds a text or list of more than {VALUE_LIMIT:,} characters or items")


def _join(values: Iterable[Any], separator: str = "", attribute: str | int | None = None) -> str:
    parts: list[str] = []
    size = 0
    for value in values:
        item = _ENVIRONMENT.getitem(value, attribute) if attribute is not None else value
        part = str(item)
        size += len(part) + len(separator)
        _bounded(size)
        parts.append(part)
    return separator.join(parts)


def _replace(text: Any, old: str, new: str) -> str:
    text = str(text)
    _bounded(len(text) + text.count(old) * max(0, len(new) - len(old)))
    replaced: str = text.replace(old, new)
    return replaced


def _tojson(value: Any, indent: int | None = None) -> str:
    """Plain JSON: a prompt is no HTML, so nothing but JSON's own escapes."""
    return json.dumps(value, ensure_ascii=False, indent=min(indent, 8) if indent else None)


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A field named like a method of a mapping is the field."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        allowed = next((names for kind, names in _METHODS.items() if isinstance(obj, kind)), frozenset[str]())
        return attr in allowed and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """`str.format` is not available: a width in its format can ask for any amount of memory."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "+":
            if isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
                _bounded(len(left) + len(right))
            elif not numbers:
                raise SecurityError("+ takes two numbers, two texts or two lists")
        elif not numbers or operator == "**":
            raise SecurityError(f"{operator} is not available" if numbers else f"{operator} takes two numbers")
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int) and result.bit_length() > 64:
            raise SecurityError("a number grows beyond 64 bits")
        return result


def _make_environment() -> _Environment:
    environment = _Environment(
        undefined=_Missing, autoescape=False, trim_blocks=True, lstrip_blocks=True, optimized=False, cache_size=0
    )
    environment.globals = {"range": safe_range}
    own: dict[str, Callable[..., Any]] = {"join": _join, "replace": _replace, "tojson": _tojson}
    own |= {name: FILTERS[name] for name in _FILTERS}
    environment.filters = {name: _metered(function) for name, function in own.items()} | {"counted ": _counted}
    return environment


_ENVIRONMENT = _make_environment()


def _guarded(tree: nodes.Template) -> nodes.Template:
    """The same template with every loop counted and every `~` bounded; refuses what cannot be bounded."""
    for kind, word in _FORBIDDEN.items():
        for node in tree.find_all(kind):
            raise TemplateSyntaxError(f"{word!r} is not available in prompts", node.lineno)
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            raise TemplateSyntaxError("a recursive loop is not available in prompts", loop.lineno)
    _rewrite(tree)
    return tree


def _rewrite(node: nodes.Node) -> None:
    for field, value in node.iter_fields():
        if isinstance(value, list):
            setattr(node, field, [_replacement(item) if isinstance(item, nodes.Node) else item for item in value])
        elif isinstance(value, nodes.Node):
            setattr(node, field, _replacement(value))
    if isinstance(node, nodes.For):
        node.iter = _filter("counted ", node.iter)


def _replacement(node: nodes.Node) -> nodes.Node:
    _rewrite(node)
    return _filter("join", nodes.List(node.nodes, lineno=node.lineno)) if isinstance(node, nodes.Concat) else node


def _filter(name: str, node: nodes.Node) -> nodes.Filter:
    filtered = nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
    return filtered.set_environment(_ENVIRONMENT)  # type: ignore[return-value]  # returns the node it is called on
