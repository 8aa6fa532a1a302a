"""Providers, as operators set them."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from tandem_llm_worker.settings import ModelSettings, ProviderSettings, WorkerSettings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TANDEM_PROVIDERS", "TANDEM_PROVIDERS_ON_LOOPBACK_ONLY", "TANDEM_WORKER"):
        monkeypatch.delenv(name, raising=False)


def test_providers_come_as_json_and_their_keys_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = {
        "openai": {"base_url": "https://api.openai.com/v1/", "requests_per_minute": 500},
        "local": {"base_url": "http://127.0.0.1:8000/v1", "max_in_flight": 4},
    }
    monkeypatch.setenv("TANDEM_PROVIDERS", json.dumps(accounts))
    monkeypatch.setenv("TANDEM_PROVIDERS__OPENAI__API_KEY", "sk-secret")

    settings = WorkerSettings()

    assert settings.providers["openai"].api_key.get_secret_value() == "sk-secret"
    assert settings.providers["openai"].base_url == "https://api.openai.com/v1"
    assert settings.slots == 64 + 4
    assert "sk-secret" not in repr(settings)


def test_a_key_may_come_as_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("secrets")
    (directory / "tandem_providers__openai__api_key").write_text("sk-of-file")
    monkeypatch.setenv("TANDEM_SECRETS_DIR", str(directory))
    monkeypatch.setenv("TANDEM_PROVIDERS", '{"openai": {"base_url": "https://api.openai.com/v1"}}')

    assert WorkerSettings().providers["openai"].api_key.get_secret_value() == "sk-of-file"


def test_a_worker_without_a_provider_does_not_start_and_says_how_to_set_one() -> None:
    with pytest.raises(ValidationError, match="TANDEM_PROVIDERS="):
        WorkerSettings()


def test_where_only_loopback_is_allowed_no_other_provider_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_PROVIDERS_ON_LOOPBACK_ONLY", "true")
    monkeypatch.setenv("TANDEM_PROVIDERS", '{"openai": {"base_url": "https://api.openai.com/v1"}}')

    with pytest.raises(ValidationError, match="not on this machine"):
        WorkerSettings()


@pytest.mark.parametrize("url", ["api.openai.com", "ftp://x/v1", "https://"])
def test_a_base_url_must_be_one(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("TANDEM_PROVIDERS", json.dumps({"p": {"base_url": url}}))

    with pytest.raises(ValidationError, match="URL"):
        WorkerSettings()


def test_each_start_has_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_PROVIDERS", '{"p": {"base_url": "http://127.0.0.1/v1"}}')

    assert WorkerSettings().worker != WorkerSettings().worker


@pytest.mark.parametrize(
    ("model", "reasons"),
    [
        ("o3-mini", True),
        ("openai/o1", True),
        ("gpt-5", True),
        ("gpt-5-chat-latest", False),
        ("gpt-4o", False),
        ("DeepSeek-R1-Distill-Qwen-7B", True),
        ("qwen3-30b-a3b-thinking-2507", True),
        ("olmo-2", False),
        ("told", False),
        ("house-model", True),
    ],
)
def test_a_model_is_known_to_reason_by_what_is_said_of_it_or_else_by_its_name(model: str, reasons: bool) -> None:
    provider = ProviderSettings(
        base_url="http://127.0.0.1:1/v1",
        models={"told": ModelSettings(reasons=False), "house-model": ModelSettings(reasons=True)},
    )
    assert provider.reasons(model) is reasons


def test_the_names_of_models_that_reason_can_be_set() -> None:
    provider = ProviderSettings(base_url="http://127.0.0.1:1/v1", reasoning_models=("told", "house-*"))
    assert [provider.reasons(name) for name in ("told", "house-7b", "o3")] == [True, True, False]
