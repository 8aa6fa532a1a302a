"""docker-compose.yml against the compose specification's schema, and against the services it configures."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import yaml

from tandem_llm_worker.settings import WorkerSettings
from unit.deploy.deploy_paths import ROOT
from unit.deploy.settings_check import SETTINGS, check_environment

COMPOSE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
SECRETS = ("KEY", "PASSWORD")


def _fill(text: str) -> str:
    """What compose puts in for `${NAME:-default}` and `${NAME:?sentence}`."""
    return VARIABLE.sub(lambda match: match[3] if match[2] == "-" else "x" * 32, text)


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text())["services"]
    return loaded


def _networks(service: dict[str, Any]) -> set[str]:
    return set(service.get("networks", ["default"]))


def test_it_is_valid_by_the_compose_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", SETTINGS)
def test_every_variable_is_a_setting_of_its_service(
    name: str, services: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {key: _fill(value) for key, value in services[name]["environment"].items()}
    settings = check_environment(name, environment, monkeypatch)
    assert settings.kafka.bootstrap_servers == "kafka:9092"


def test_the_worker_gets_the_provider_with_its_key(
    services: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {key: _fill(value) for key, value in services["llm-worker"]["environment"].items()}
    settings = check_environment("llm-worker", environment, monkeypatch)
    assert isinstance(settings, WorkerSettings)
    provider = settings.providers["openai"]
    assert (provider.base_url, provider.api_key.get_secret_value()) == ("https://api.openai.com/v1", "x" * 32)


def test_ports_are_on_the_loopback_address_alone(services: dict[str, dict[str, Any]]) -> None:
    published = {name: service["ports"] for name, service in services.items() if service.get("ports")}
    assert set(published) == {"api", "verification-ui", "prometheus", "grafana"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_the_worker_shares_no_network_with_mongodb(services: dict[str, dict[str, Any]]) -> None:
    assert not _networks(services["llm-worker"]) & _networks(services["mongodb"])
    users = {name for name, service in services.items() if "TANDEM_MONGO__URL" in service.get("environment", {})}
    assert users == {name for name in services if name != "mongodb" and "data" in _networks(services[name])}


def test_no_secret_stands_in_the_file_and_each_missing_one_says_what_to_set(
    services: dict[str, dict[str, Any]],
) -> None:
    secrets = [
        value
        for service in services.values()
        for name, value in service.get("environment", {}).items()
        if name.endswith(SECRETS)
    ]
    assert len(secrets) == 3
    for value in secrets:
        assert re.fullmatch(r"\$\{\w+:\?set it to [^}]+\}", value), value


def test_the_example_of_the_environment_file_names_every_required_variable() -> None:
    required = {match[1] for match in VARIABLE.finditer(COMPOSE.read_text()) if match[2] == "?"}
    example = (ROOT / ".env.example").read_text()
    assert required == set(re.findall(r"^(\w+)=$", example, re.MULTILINE))


def test_the_models_key_goes_to_the_worker_alone(services: dict[str, dict[str, Any]]) -> None:
    holders = {name for name, service in services.items() if "OPENAI_API_KEY" in str(service.get("environment"))}
    assert holders == {"llm-worker"}


def test_services_wait_until_what_they_need_is_well(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        for needed, condition in service.get("depends_on", {}).items():
            assert condition == {"condition": "service_healthy"}, name
            has_check = "healthcheck" in services[needed] or "build" in services[needed]  # ours carry one in the image
            assert has_check, f"{name} waits for {needed}, which nothing checks"


def test_a_service_gets_longer_to_stop_than_it_may_drain(services: dict[str, dict[str, Any]]) -> None:
    for name, settings in SETTINGS.items():
        drain = settings.model_fields.get("drain_seconds")
        longest = 10.0 if drain is None else float(drain.default)
        assert int(services[name]["stop_grace_period"].removesuffix("s")) > longest, name


def test_images_of_others_have_a_version(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        if "build" not in service:
            assert re.search(r":v?\d", service["image"]), name
        else:
            assert (ROOT / service["build"]["dockerfile"]).is_file()


def test_the_broker_has_the_version_that_the_tests_run_on(services: dict[str, dict[str, Any]]) -> None:
    pom = ET.parse(ROOT / "tests" / "kafka" / "pom.xml")  # noqa: S314 - our own file
    version = pom.findtext(".//{*}kafka.version")
    assert services["kafka"]["image"] == f"apache/kafka:{version}"


def test_every_file_that_is_mounted_exists(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / Path(source)).exists(), source


def test_no_container_has_rights_or_memory_without_bound(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert "cap_add" not in service, name
