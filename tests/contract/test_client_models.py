"""The client's models say nothing that the api's OpenAPI document does not."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any

import pytest

import tandem_client
from tandem_api.app import make_app
from tandem_client.tasks import ApiModel

MODULES = ("models", "quality", "checks", "people", "reviewing", "passes")


def models() -> dict[str, type[ApiModel]]:
    known = {each.name for each in pkgutil.iter_modules(tandem_client.__path__)}
    modules = [importlib.import_module(f"tandem_client.{name}") for name in MODULES if name in known]
    return {
        name: kind
        for module in modules
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, ApiModel) and kind.__module__ == module.__name__
    }


SCHEMAS: dict[str, Any] = make_app(None, None).openapi()["components"]["schemas"]
SAME = sorted(name for name in models() if name in SCHEMAS)


def test_most_models_have_the_name_of_a_schema() -> None:
    assert len(SAME) > 25, f"only {SAME}"


@pytest.mark.parametrize("name", SAME)
def test_a_model_has_the_fields_that_the_server_sends(name: str) -> None:
    schema = SCHEMAS[name]
    fields = models()[name].model_fields
    unknown = fields.keys() - schema["properties"].keys()
    assert not unknown, f"the server never sends {sorted(unknown)}"
    needed = {field for field, info in fields.items() if info.is_required()}
    sent = {key for key, part in schema["properties"].items() if "default" in part} | set(schema.get("required", ()))
    optional = needed - sent
    assert not optional, f"the server may leave out {sorted(optional)}"
