"""The sandbox that templates run in: Jinja2's immutable one, with bounds on what a rendering may use.

An allow-list of filters and methods, bounded results of every operation that can grow a value, a bounded number of
loop steps, and a limit on CPU time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range

TEMPLATE_LIMIT = 20_000
"""Maximum characters of a template's source."""
VALUE_LIMIT = 400_000
"""Characters of a rendered message (a record at its largest and what stands around it), and of any value a template
builds on the way."""
STEP_LIMIT = 100_000
"""Maximum turns of all loops of one rendering."""
CODE_LIMIT = 5_000
"""Maximum words and signs of a template's code: what stands between `{{` and `}}` or `{%` and `%}`; plain text is
free."""
CPU_SECONDS = 1.0
"""CPU limit of one rendering, by default. Checked in loops and filters; what runs longer between two checks only ends
with its process (`tandem.rendering`)."""
COUNTED, MARKED = "counted ", "marked "
"""Filters that no template can name."""


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


class TemplateScope(dict[str, Any]):
    """A mapping that templates read, which knows what they call it."""

    def __init__(self, path: str, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.path = path


class MissingVariableError(UndefinedError):
    def __init__(self, message: str | None = None, *, variable: str) -> None:
        super().__init__(message)
        self.variable = variable


class _Missing(StrictUndefined):
    """Names what is missing and what is there instead."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = None, name: str | None = None, exc: Any = None) -> None:
        variable = f"{obj.path}.{name}" if isinstance(obj, TemplateScope) else str(name)
        if hint is None:
            hint = f"{variable!r} is not defined"
            if isinstance(obj, TemplateScope):
                hint += f"; there is {', '.join(f'{obj.path}.{key}' for key in obj) or 'nothing'}"
        if exc is None or exc is UndefinedError:
            exc = partial(MissingVariableError, variable=variable)
        super().__init__(hint, obj, name, exc)


class LimitError(SecurityError):
    """A rendering wants more of something than there is for one."""


class Meter:
    """Resources that one rendering has used."""

    __slots__ = ("_cpu_seconds", "_deadline", "_steps")

    def __init__(self, cpu_seconds: float) -> None:
        self._steps = 0
        self._cpu_seconds = cpu_seconds
        self._deadline = time.thread_time() + cpu_seconds

    def tick(self) -> None:
        self._steps += 1
        if self._steps > STEP_LIMIT:
            raise LimitError(f"its loops take more than {STEP_LIMIT:,} turns")
        if time.thread_time() > self._deadline:
            raise LimitError(too_slow(self._cpu_seconds))


def too_slow(cpu_seconds: float) -> str:
    return f"it takes more than {cpu_seconds:g} s of CPU time to render"


meter: ContextVar[Meter] = ContextVar("meter")
"""Meter of the rendering under way."""


def _counted(items: Iterable[Any]) -> Iterator[Any]:
    """Yield the items that a loop runs over, each counted."""
    used = meter.get()
    for item in items:
        used.tick()
        yield item


def metered(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the filter, run only where the meter agrees; Jinja2's marks of what it wants passed are kept."""

    @wraps(function)
    def metered(*args: Any, **kwargs: Any) -> Any:
        if (used := meter.get(None)) is not None:
            used.tick()
        return function(*args, **kwargs)

    return metered


class Marked(str):
    """A text that knows where it came from, and keeps that through `str()`."""

    __slots__ = ("source",)
    source: str

    def __str__(self) -> str:
        return self


def _marked(value: Any, source: str) -> Marked:
    """Return what an expression gave, as Jinja2 would write it."""
    text = Marked(value)
    text.source = source
    return text


def bounded(size: int) -> None:
    if size > VALUE_LIMIT:
        raise LimitError(f"it builds a text or list of more than {VALUE_LIMIT:,} characters or items")


def join(values: Iterable[Any], separator: str = "", attribute: str | int | None = None) -> str:
    parts: list[str] = []
    size = 0
    for value in values:
        item = ENVIRONMENT.getitem(value, attribute) if attribute is not None else value
        part = str(item)
        size += len(part) + len(separator)
        bounded(size)
        parts.append(part)
    return separator.join(parts)


def _replace(text: Any, old: str, new: str) -> str:
    text = str(text)
    bounded(len(text) + text.count(old) * max(0, len(new) - len(old)))
    replaced: str = text.replace(old, new)
    return replaced


def _tojson(value: Any, indent: int | None = None) -> str:
    """Plain JSON: a prompt is no HTML, so nothing but JSON's own escapes."""
    return json.dumps(value, ensure_ascii=False, indent=min(indent, 8) if indent else None)


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute: a field that is named like a method of a mapping is the field."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        allowed = next((names for kind, names in _METHODS.items() if isinstance(obj, kind)), frozenset[str]())
        return attr in allowed and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """Disable `str.format`: a width in its format can ask for any amount of memory."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "+":
            if isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
                bounded(len(left) + len(right))
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
    own: dict[str, Callable[..., Any]] = {"join": join, "replace": _replace, "tojson": _tojson}
    own |= {name: FILTERS[name] for name in _FILTERS}
    environment.filters = {name: metered(function) for name, function in own.items()} | {
        COUNTED: _counted,
        MARKED: _marked,
    }
    return environment


ENVIRONMENT = _make_environment()
