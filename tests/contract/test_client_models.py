"""The client's models say nothing that the services' OpenAPI documents do not."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from typing import Any

import pytest

import tandem_client
from sources import ROOT
from tandem_api.app import make_app
from tandem_client.tasks import ApiModel

MODULES = (
    "models",
    "quality",
    "flips",
    "drift",
    "checks",
    "people",
    "reviewing",
    "passes",
    "review_items",
    "certifying",
)


def models() -> dict[str, type[ApiModel]]:
    known = {each.name for each in pkgutil.iter_modules(tandem_client.__path__)}
    modules = [importlib.import_module(f"tandem_client.{name}") for name in MODULES if name in known]
    return {
        name: kind
        for module in modules
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, ApiModel) and kind.__module__ == module.__name__
    }


API: dict[str, Any] = make_app(None, None).openapi()["components"]["schemas"]
REVIEW: dict[str, Any] = json.loads((ROOT / "services" / "verification-ui" / "openapi.json").read_text())["components"][
    "schemas"
]
SCHEMAS = {
    name: schema
    for name, kind in models().items()
    if (schema := (REVIEW if kind.__module__.endswith("review_items") else API).get(name)) is not None
}
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
