"""docs/deploying.md says what the code does."""

from __future__ import annotations

import re

import yaml

from tandem.events.catalog import CATALOG
from unit.deploy.deploy_paths import ROOT
from unit.deploy.settings_check import SETTINGS, names_a_setting

TEXT = (ROOT / "docs" / "deploying.md").read_text()


def test_every_variable_it_names_is_a_setting() -> None:
    for name in set(re.findall(r"TANDEM_[A-Z_]+[A-Z]", TEXT)) - {"TANDEM_SECRETS_DIR"}:
        path = name.removeprefix("TANDEM_").lower().split("__")
        assert any(names_a_setting(settings, path) for settings in SETTINGS.values()), name


def test_its_topics_are_those_of_the_catalogue() -> None:
    rows = re.findall(r"^\| `([a-z.-]+)` \| (\d+) \| (.*) \|$", TEXT, re.MULTILINE)
    written = [
        (name, int(partitions), dict(re.findall(r"`([\w.]+)=(\w+)`", config))) for name, partitions, config in rows
    ]
    assert written == [(topic.name, topic.partitions, topic.broker_config()) for topic in CATALOG]


def test_the_secrets_it_makes_are_those_that_the_pods_ask_for() -> None:
    asked = {
        (reference["name"], reference["key"])
        for folder in ("base", "overlays/example")
        for path in (ROOT / "k8s" / folder).glob("*.yaml")
        for document in yaml.safe_load_all(path.read_text())
        if document["kind"] == "Deployment"
        for container in document["spec"]["template"]["spec"]["containers"]
        for variable in container["env"]
        for reference in [variable["valueFrom"]["secretKeyRef"]]
    }
    made = {
        (name, key)
        for name, rest in re.findall(r"create secret generic (\S+) (.*)", TEXT)
        for key in re.findall(r"--from-literal=([\w-]+)=", rest)
    }
    assert made == asked
