"""Holds `TANDEM_*` variables of compose and Kubernetes files against the settings classes of the services."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from tandem.settings import ServiceSettings
from tandem_api.dispatch.settings import DispatcherSettings
from tandem_api.settings import ApiSettings
from tandem_llm_worker.settings import WorkerSettings
from tandem_postprocessor.settings import PostprocessorSettings
from tandem_verification_ui.settings import VerificationUiSettings

PREFIX = "TANDEM_"
SETTINGS: Mapping[str, type[ServiceSettings]] = {
    "api": ApiSettings,
    "dispatcher": DispatcherSettings,
    "llm-worker": WorkerSettings,
    "postprocessor": PostprocessorSettings,
    "verification-ui": VerificationUiSettings,
}


def names_a_setting(model: Any, path: list[str]) -> bool:
    """Whether the path leads to a field: through models by field name, through mappings by any key."""
    if not path:
        return True
    if isinstance(model, type) and issubclass(model, BaseModel):
        field = model.model_fields.get(path[0])
        return field is not None and names_a_setting(field.annotation, path[1:])
    origin, arguments = get_origin(model), get_args(model)
    if origin is dict:
        return names_a_setting(arguments[1], path[1:])
    if origin in {Union, types.UnionType}:
        return any(names_a_setting(argument, path) for argument in arguments)
    return False


def check_environment(service: str, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> ServiceSettings:
    """Every variable must be a setting of the service, and the settings must be built from them."""
    settings = SETTINGS[service]
    for name in environment:
        assert name.startswith(PREFIX), f"{service}: {name} is no setting of ours"
        path = name.removeprefix(PREFIX).lower().split("__")
        assert names_a_setting(settings, path), f"{service}: {name} is no setting of {settings.__name__}"
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return settings()
