"""Which models a local stack labels with: the same provider settings as a cluster's workers take."""

from __future__ import annotations

import json

import pytest

from tandem_llm_worker.settings import WorkerSettings
from tandem_local.settings import LocalSettings
from tandem_local.stack.model import StackModel
from tandem_local.stack.stack import _provider_variables


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TANDEM_PROVIDERS", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)


def test_the_lines_of_the_documentation_work_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    documented = {
        "openai": {"base_url": "https://api.openai.com/v1", "requests_per_minute": 5000},
        "vllm": {"base_url": "http://vllm:8000/v1", "models": {"small": {"context_window": 4096}, "large": {}}},
    }
    monkeypatch.setenv("TANDEM_PROVIDERS", json.dumps(documented))
    monkeypatch.setenv("TANDEM_PROVIDERS__OPENAI__API_KEY", "not-a-secret")
    model = StackModel.chosen(LocalSettings())
    assert (model.provider, model.name) == ("openai", "gpt-4o-mini")
    assert model.offers() == [
        {"name": "openai", "models": [], "default_model": "gpt-4o-mini"},
        {"name": "vllm", "models": ["small", "large"], "default_model": "small"},
    ]
    assert "not-a-secret" not in repr(model)
    assert set(_provider_variables()) == {"TANDEM_PROVIDERS", "TANDEM_PROVIDERS__OPENAI__API_KEY"}
    for name in _provider_variables():
        monkeypatch.delenv(name)
    monkeypatch.setenv("TANDEM_PROVIDERS", json.dumps(dict(model.accounts)))
    worker = WorkerSettings().providers
    assert worker["openai"].api_key.get_secret_value() == "not-a-secret"
    assert worker["openai"].requests_per_minute == 5000
    assert worker["vllm"].models["small"].context_window == 4096


def test_a_key_alone_is_openais_and_no_key_is_the_offline_annotator(monkeypatch: pytest.MonkeyPatch) -> None:
    assert StackModel.chosen(LocalSettings()) == StackModel.offline()
    assert StackModel.offline().offers()[0]["default_model"] == "tandem-offline"
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:11434/v1")
    monkeypatch.setenv("OPENAI_MODEL", "llama3.2")
    model = StackModel.chosen(LocalSettings())
    assert (model.provider, model.name, model.base_url) == ("openai", "llama3.2", "http://127.0.0.1:11434/v1")


def test_a_provider_without_models_suggests_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_PROVIDERS", '{"mine": {"base_url": "http://127.0.0.1:9/v1"}}')
    assert StackModel.chosen(LocalSettings()).name == ""
    monkeypatch.setenv("OPENAI_MODEL", "tiny")
    assert StackModel.chosen(LocalSettings()).name == "tiny"
