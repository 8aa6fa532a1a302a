"""Objects that know the asynchronous connection they came from."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import PrivateAttr

from tandem_client.tasks import ApiModel

if TYPE_CHECKING:
    from tandem_client.aio.client import AsyncTandem

R = TypeVar("R")


class Bound(ApiModel):
    """A model with methods that ask the server it came from."""

    _tandem: AsyncTandem | None = PrivateAttr(default=None)

    @property
    def is_bound(self) -> bool:
        """Return whether the object knows the connection it came from."""
        return self._tandem is not None

    @property
    def tandem(self) -> AsyncTandem:
        """Return the connection that this object came from. Raises ValueError where it came from none."""
        if self._tandem is None:
            raise ValueError(f"this {type(self).__name__} was not returned by an AsyncTandem connection")
        return self._tandem


def bound(resource: R, tandem: AsyncTandem) -> R:
    """Have each public method of `resource` bind the models that it returns to `tandem`; return the resource."""
    for name, method in inspect.getmembers(resource, inspect.ismethod):
        if not name.startswith("_"):
            setattr(resource, name, _binding(method, tandem))
    return resource


def bind(value: Any, tandem: AsyncTandem) -> Any:
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
    elif isinstance(value, AsyncIterator):
        return (bind(each, tandem) async for each in value)
    return value


def _binding(method: Any, tandem: AsyncTandem) -> Any:
    @functools.wraps(method)
    async def call(*given: Any, **more: Any) -> Any:
        return bind(await method(*given, **more), tandem)

    @functools.wraps(method)
    def call_at_once(*given: Any, **more: Any) -> Any:
        return bind(method(*given, **more), tandem)

    return call if inspect.iscoroutinefunction(method) else call_at_once
