"""k8s/ rendered by kubectl, held against the schemas of Kubernetes and of the operators, and against the services."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tandem.events.catalog import REQUESTS
from tandem.runtime.service import STOP_STEP_SECONDS
from tandem_llm_worker.bootstrap import SERVICE
from tandem_llm_worker.settings import WorkerSettings
from tools import program
from unit.deploy.deploy_paths import ROOT
from unit.deploy.settings_check import SETTINGS, check_environment

CRDS = {path.stem: json.loads(path.read_text()) for path in (Path(__file__).parent / "crds").glob("*.json")}
KUBERNETES = "1.30"
FOLDERS = ("k8s/base", "k8s/overlays/example")
SECRET_VALUE = "x" * 32

Document = dict[str, Any]


def _render(folder: str) -> list[Document]:
    done = subprocess.run([program("kubectl"), "kustomize", ROOT / folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(scope="module", params=FOLDERS)
def rendered(request: pytest.FixtureRequest) -> list[Document]:
    return _render(request.param)


def _of_kind(documents: list[Document], kind: str) -> dict[str, Document]:
    return {item["metadata"]["name"]: item for item in documents if item["kind"] == kind}


def _deployments(documents: list[Document]) -> dict[str, Document]:
    """By service."""
    return {name.removeprefix("tandem-"): item for name, item in _of_kind(documents, "Deployment").items()}


def _pod(deployment: Document) -> Document:
    spec: Document = deployment["spec"]["template"]["spec"]
    return spec


def _container(deployment: Document) -> Document:
    (container,) = _pod(deployment)["containers"]
    assert isinstance(container, dict)
    return container


def _environment(deployment: Document, documents: list[Document]) -> dict[str, str]:
    """What the process finds: values of ConfigMaps, and a stand-in for each secret that has to be there."""
    maps = _of_kind(documents, "ConfigMap")
    environment: dict[str, str] = {}
    for source in _container(deployment)["envFrom"]:
        environment |= maps[source["configMapRef"]["name"]]["data"]
    secured = environment.get("TANDEM_KAFKA__SECURITY_PROTOCOL", "").startswith("SASL")
    for variable in _container(deployment)["env"]:
        reference = variable["valueFrom"]["secretKeyRef"]
        if secured or not reference.get("optional"):
            environment[variable["name"]] = SECRET_VALUE
    return environment


def test_every_document_fits_its_schema(rendered: list[Document]) -> None:
    for document in rendered:
        if document["kind"] in CRDS:
            jsonschema.validate(document, CRDS[document["kind"]])
        else:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_every_process_has_a_deployment(rendered: list[Document]) -> None:
    assert set(_deployments(rendered)) == set(SETTINGS)
    assert _container(_deployments(rendered)["dispatcher"])["args"] == ["tandem_api.dispatch"]


@pytest.mark.parametrize("service", SETTINGS)
def test_every_variable_is_a_setting_of_its_service(
    service: str, rendered: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = _environment(_deployments(rendered)[service], rendered)
    settings = check_environment(service, environment, monkeypatch)
    if isinstance(settings, WorkerSettings):
        assert {p.api_key.get_secret_value() for p in settings.providers.values()} == {SECRET_VALUE}


def test_secrets_are_referred_to_and_never_written(rendered: list[Document]) -> None:
    assert not _of_kind(rendered, "Secret")
    for document in _of_kind(rendered, "ConfigMap").values():
        assert not [name for name in document["data"] if name.endswith(("KEY", "PASSWORD", "MONGO__URL"))]
        assert "api_key" not in str(document["data"])


def test_model_keys_are_the_workers_and_mongodb_is_not(rendered: list[Document]) -> None:
    secrets = {
        service: {variable["valueFrom"]["secretKeyRef"]["name"] for variable in _container(deployment)["env"]}
        for service, deployment in _deployments(rendered).items()
    }
    assert {service for service, names in secrets.items() if "tandem-model-keys" in names} == {"llm-worker"}
    assert {service for service, names in secrets.items() if "tandem-mongo" not in names} == {"llm-worker"}


def test_no_network_policy_lets_the_worker_reach_mongodb(rendered: list[Document]) -> None:
    worker = _deployments(rendered)["llm-worker"]["spec"]["template"]["metadata"]["labels"]
    covered = False
    for policy in _of_kind(rendered, "NetworkPolicy").values():
        selector = policy["spec"]["podSelector"]
        chosen = all(worker.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
            worker.get(part["key"]) in part["values"] for part in selector.get("matchExpressions", [])
        )
        if not chosen or "Egress" not in policy["spec"]["policyTypes"]:
            continue
        covered = True
        for rule in policy["spec"]["egress"]:
            assert rule["ports"], "a rule without ports opens them all"
            assert 27017 not in [port["port"] for port in rule["ports"]]
            assert not any("endPort" in port for port in rule["ports"])
    assert covered


def test_pods_have_no_rights_that_they_do_not_need(rendered: list[Document]) -> None:
    accounts = _of_kind(rendered, "ServiceAccount")
    for service, deployment in _deployments(rendered).items():
        pod, container = _pod(deployment), _container(deployment)
        assert pod["automountServiceAccountToken"] is False
        assert accounts[pod["serviceAccountName"]]["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False, service
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]


def test_probes_ask_the_ops_port_for_what_each_means(rendered: list[Document]) -> None:
    for deployment in _deployments(rendered).values():
        container = _container(deployment)
        asked = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
        assert {probe["port"] for probe in asked.values()} == {"ops"}
        assert {kind: probe["path"] for kind, probe in asked.items()} == {
            "startup": "/livez",
            "liveness": "/livez",
            "readiness": "/readyz",
        }
        assert {"name": "ops", "containerPort": 9464}.items() <= container["ports"][-1].items()


def test_the_grace_period_is_longer_than_the_drain(rendered: list[Document]) -> None:
    for service, deployment in _deployments(rendered).items():
        drain = SETTINGS[service].model_fields.get("drain_seconds")
        longest = 10.0 if drain is None else float(drain.default)
        assert _pod(deployment)["terminationGracePeriodSeconds"] > longest
    worker = _pod(_deployments(rendered)["llm-worker"])
    assert worker["terminationGracePeriodSeconds"] > STOP_STEP_SECONDS


def test_the_scaler_starts_no_more_workers_than_there_are_partitions(rendered: list[Document]) -> None:
    spec = _of_kind(rendered, "ScaledObject")["tandem-llm-worker"]["spec"]
    worker = _deployments(rendered)["llm-worker"]
    assert spec["maxReplicaCount"] <= REQUESTS.partitions
    assert spec["scaleTargetRef"]["name"] == worker["metadata"]["name"]
    assert "replicas" not in worker["spec"], "the scaler's to set"
    kafka, prometheus = (trigger["metadata"] for trigger in spec["triggers"])
    assert (kafka["topic"], kafka["consumerGroup"]) == (REQUESTS.name, SERVICE)
    assert kafka["bootstrapServersFromEnv"] in _environment(worker, rendered)
    assert "tandem_dispatch_backlog_records" in prometheus["query"]


def test_services_budgets_and_spread_choose_the_pods_that_exist(rendered: list[Document]) -> None:
    labels = {
        item["metadata"]["name"]: item["spec"]["template"]["metadata"]["labels"]
        for item in rendered
        if item["kind"] == "Deployment"
    }
    for name, service in _of_kind(rendered, "Service").items():
        assert service["spec"]["selector"] == labels[name]
    budgets = _of_kind(rendered, "PodDisruptionBudget")
    assert set(budgets) == set(labels)
    for name, budget in budgets.items():
        assert budget["spec"]["selector"]["matchLabels"] == labels[name]
    for deployment in _of_kind(rendered, "Deployment").values():
        (spread,) = _pod(deployment)["topologySpreadConstraints"]
        assert spread["labelSelector"]["matchLabels"] == labels[deployment["metadata"]["name"]]


def test_the_overlay_puts_everything_into_its_namespace_and_pulls_from_its_registry() -> None:
    documents = _render("k8s/overlays/example")
    assert {document["metadata"].get("namespace") for document in documents} == {"tandem"}
    for deployment in _deployments(documents).values():
        assert _container(deployment)["image"].startswith("registry.example.com/tandem/")
    assert "PodMonitor" in {document["kind"] for document in documents}
    for name in ("api", "verification-ui"):  # cookies are Secure when the ingress says https
        environment = _environment(_deployments(documents)[name], documents)
        assert json.loads(environment["TANDEM_HTTP__TRUSTED_PROXIES"]), name
