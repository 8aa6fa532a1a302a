"""The services behind an app's endpoints. Each endpoint asks for the ones that it needs, by their class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

ServiceT = TypeVar("ServiceT")


class Services:
    """The services of one process, one of each class. They keep no state of requests.

    Example: `Services(jobs, people)[JobService]` is `jobs`.
    """

    def __init__(self, *services: object) -> None:
        """Take the services. Raises ValueError for two of one class."""
        self._by_class: dict[type, Any] = {type(service): service for service in services}
        if len(self._by_class) < len(services):
            raise ValueError("Two services have the same class: give each class once.")

    def __getitem__(self, kind: type[ServiceT]) -> ServiceT:
        """Return the service of exactly this class. Raises KeyError."""
        service: ServiceT = self._by_class[kind]
        return service

    def __contains__(self, kind: type) -> bool:
        return kind in self._by_class


@dataclass(frozen=True)
class _Provider(Generic[ServiceT]):
    """A dependency that returns the service of a class. Two of one class are equal, so a request looks it up once."""

    kind: type[ServiceT]

    async def __call__(self, request: Request) -> ServiceT:  # async: FastAPI runs other functions in a thread
        services: Services = request.app.state.services
        return services[self.kind]


def provided(kind: type[Any]) -> Any:
    """Return the dependency on the service of this class.

    Example, at the top of a feature's `endpoints`: `Jobs = Annotated[JobService, provided(JobService)]`; an endpoint
    that declares `jobs: Jobs` gets the process's one `JobService`.
    """
    return Depends(_Provider(kind))


def check_services(router: APIRouter, services: Services) -> None:
    """Check that the services are there which the router's endpoints need. Raises LookupError for a missing one."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            missing = [kind.__name__ for kind in _needed(route.dependant) if kind not in services]
            if missing:
                raise LookupError(f"{route.path} needs {', '.join(missing)}: construct it in bootstrap, in Services().")


def _needed(dependant: Dependant) -> Iterator[type]:
    if isinstance(dependant.call, _Provider):
        yield dependant.call.kind
    for dependency in dependant.dependencies:
        yield from _needed(dependency)
