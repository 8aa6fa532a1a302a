"""Objects that know the server they came from: `job.to_pandas()` rather than a call with an id."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import PrivateAttr

from tandem_client.tasks import ApiModel

if TYPE_CHECKING:
    from tandem_client.client import Tandem

R = TypeVar("R")


class Bound(ApiModel):
    """A model with methods that ask the server it came from."""

    _tandem: Tandem | None = PrivateAttr(default=None)

    @property
    def is_bound(self) -> bool:
        """Return whether the object knows the connection it came from."""
        return self._tandem is not None

    @property
    def tandem(self) -> Tandem:
        """Return the connection that this object came from. Raises ValueError where it came from none."""
        if self._tandem is None:
            raise ValueError(f"this {type(self).__name__} was not returned by a Tandem connection")
        return self._tandem


def bound(resource: R, tandem: Tandem) -> R:
    """Have each public method of `resource` bind the models that it returns to `tandem`; return the resource."""
    for name, method in inspect.getmembers(resource, inspect.ismethod):
        if not name.startswith("_"):
            setattr(resource, name, _binding(method, tandem))
    return resource


def bind(value: Any, tandem: Tandem) -> Any:
    """Bind a model, the models within it, and those of a list or an iterator, to `tandem`; return the value."""
    if isinstance(value, ApiModel):
        if isinstance(value, Bound):
            value._tandem = tandem  # noqa: SLF001 - its own module
        for name in type(value).model_fields:
            if isinstance(part := getattr(value, name), Bound):
                bind(part, tandem)
    elif isinstance(value, list):
        for each in value:
            bind(each, tandem)
    elif isinstance(value, Iterator):
        return (bind(each, tandem) for each in value)
    return value


def _binding(method: Callable[..., Any], tandem: Tandem) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*given: Any, **more: Any) -> Any:
        return bind(method(*given, **more), tandem)

    return call
