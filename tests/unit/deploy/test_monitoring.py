"""Prometheus's configuration and rules by promtool; what dashboards and rules ask for exists in the catalogue."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from tandem.observability import metrics
from tools import program
from unit.deploy.deploy_paths import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboards" / "tandem.json"
NAME = re.compile(r"\btandem_\w+")


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Every series name that the services can show."""
    assert metrics.EVENTS_PRODUCED is not None  # importing the catalogue registers it
    names: set[str] = set()
    for family in REGISTRY.collect():
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(family.type, ("",))
        names |= {family.name + suffix for suffix in suffixes}
    return names


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return loaded


def _promtool(*arguments: str | Path, text: str | None = None) -> None:
    done = subprocess.run([program("promtool"), *arguments], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_the_configuration_and_its_rules() -> None:
    _promtool("check", "config", PROMETHEUS / "prometheus.yml")
    _promtool("check", "rules", PROMETHEUS / "rules.yml")


def test_alerts_ring_when_they_should() -> None:
    cases = Path(__file__).parent / "alerts.yml"
    _promtool("test", "rules", cases)
    (group,) = yaml.safe_load((PROMETHEUS / "rules.yml").read_text())["groups"]
    untested = {rule["alert"] for rule in group["rules"]} - set(re.findall(r"Tandem[A-Z]\w+", cases.read_text()))
    assert not untested, f"write down when they ring, when they clear and when they are silent: {untested}"


def test_rules_ask_for_metrics_of_the_catalogue(known: set[str]) -> None:
    (group,) = yaml.safe_load((PROMETHEUS / "rules.yml").read_text())["groups"]
    for rule in group["rules"]:
        assert set(NAME.findall(rule["expr"])) <= known, rule["alert"]
        assert set(rule["annotations"]) == {"summary", "description"}


def test_the_dashboard_asks_for_metrics_of_the_catalogue(dashboard: dict[str, Any], known: set[str]) -> None:
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            asked = set(NAME.findall(target["expr"]))
            assert asked, panel["title"]
            assert asked <= known, f"{panel['title']}: {asked - known}"


def test_the_dashboards_queries_can_be_parsed(dashboard: dict[str, Any], tmp_path: Path) -> None:
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = [
        {"record": f"query:{index}", "expr": query.replace("$__rate_interval", "1m")}
        for index, query in enumerate(queries)
    ]
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    _promtool("check", "rules", file)


def test_the_dashboard_shows_what_operators_look_for_and_panels_do_not_overlap(dashboard: dict[str, Any]) -> None:
    asked = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    for metric in (
        "annotations_written",
        "consumer_lag",
        "window",
        "call_seconds",
        "calls_total",
        "tokens",
        "dead_letters",
    ):
        assert metric in asked
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_grafana_finds_its_data_source_and_its_dashboards() -> None:
    provisioning = ROOT / "deploy" / "grafana" / "provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"]
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "tandem.yml").read_text())["providers"]
    grafana = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grafana"]
    assert source["url"] == "http://prometheus:9090"
    assert any(volume.split(":")[1] == provider["options"]["path"] for volume in grafana["volumes"])
