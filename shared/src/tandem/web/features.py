"""Discovery of a service's features: each folder with a module `endpoints` that has a `router`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType

from fastapi import FastAPI

from tandem.web.services import Services, check_services


def include_features(app: FastAPI, package: ModuleType, services: Services | None, *, prefix: str = "") -> None:
    """Serve the `router` of each module named `endpoints` in the package, at any depth, below the path `prefix`.

    Example: `tandem_api/resources/people/endpoints.py` is served because it is there; nothing else lists it.

    `services`: what the endpoints ask for; without them the app can only produce its OpenAPI document. Raises
    LookupError when one is missing.
    """
    found = [
        module.name
        for module in walk_packages(package.__path__, f"{package.__name__}.")
        if module.name.rpartition(".")[2] == "endpoints"
    ]
    for name in sorted(found):
        router = import_module(name).router
        if services is not None:
            check_services(router, services)
        app.include_router(router, prefix=prefix)
    app.state.services = services
