"""What the images are made of, checked without an engine; what their build runs is really run for the worker."""

from __future__ import annotations

import fnmatch
import io
import json
import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

from tools import uv
from unit.deploy.deploy_paths import ROOT

SERVICES = ("api", "llm-worker", "postprocessor", "verification-ui")
SECRET = re.compile(r"(?i)(password|secret|token|api_?key|credential)")


class Dockerfile:
    def __init__(self, service: str) -> None:
        self.service = service
        path = ROOT / "services" / service / "Dockerfile"
        parser = DockerfileParser(fileobj=io.BytesIO(path.read_bytes()))
        self.steps = [
            (step["instruction"], step["value"]) for step in parser.structure if step["instruction"] != "COMMENT"
        ]
        self.labels: dict[str, str] = parser.labels

    def values(self, instruction: str) -> list[str]:
        return [value for name, value in self.steps if name == instruction]

    @property
    def final(self) -> list[tuple[str, str]]:
        last = max(index for index, (name, _) in enumerate(self.steps) if name == "FROM")
        return self.steps[last:]


@pytest.fixture(params=SERVICES)
def dockerfile(request: pytest.FixtureRequest) -> Dockerfile:
    return Dockerfile(request.param)


def test_base_images_have_a_version(dockerfile: Dockerfile) -> None:
    for value in dockerfile.values("FROM"):
        image = value.split()[0]
        assert re.fullmatch(r"[a-z]+:\d+(\.\d+)*-[a-z-]+", image), image


def test_everything_copied_is_there_and_reaches_the_build(dockerfile: Dockerfile) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    kept = [line[1:] for line in ignored if line.startswith("!")]
    stages = {value.split()[2] for value in dockerfile.values("FROM") if " AS " in value}
    for value in dockerfile.values("COPY"):
        *sources, _ = [word for word in value.split() if not word.startswith("--")]
        if "--from=" in value:
            assert value.split()[0].removeprefix("--from=") in stages
            continue
        for source in sources:
            assert (ROOT / source).exists(), f"{dockerfile.service}: COPY {source}"
            assert any(source == path or source.startswith(f"{path}/") for path in kept), (
                f".dockerignore hides {source}"
            )


def test_the_build_never_sees_environments_or_secrets_of_the_machine() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    hidden = [line for line in lines if line.startswith("**/")]
    for path in ("services/api/.venv", "services/verification-ui/web/node_modules", "shared/.env", "shared/.env.local"):
        assert any(fnmatch.fnmatch(path, f"*{pattern[2:]}") for pattern in hidden), path


def test_it_runs_as_a_fixed_user_who_is_not_root(dockerfile: Dockerfile) -> None:
    assert [value for name, value in dockerfile.final if name == "USER"] == ["10001:10001"]


def test_it_needs_no_shell(dockerfile: Dockerfile) -> None:
    for name, value in dockerfile.final:
        assert name not in {"RUN", "SHELL", "ADD"}
        if name in {"CMD", "ENTRYPOINT"}:
            assert isinstance(json.loads(value), list)
        if name == "HEALTHCHECK":
            command = json.loads(value[value.index("CMD ") + 4 :])
            assert command[0] == "python"
            assert "/livez" in command[2]
    assert any(name == "HEALTHCHECK" for name, _ in dockerfile.final)


def test_it_carries_no_secret(dockerfile: Dockerfile) -> None:
    for name, value in dockerfile.steps:
        if name in {"ENV", "ARG"}:
            assert not SECRET.search(value), value


def test_it_says_what_it_is(dockerfile: Dockerfile) -> None:
    project = tomllib.loads((ROOT / "services" / dockerfile.service / "pyproject.toml").read_text())["project"]
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in dockerfile.labels.items()}
    assert labels["title"] == project["name"]
    assert labels["version"] == project["version"]
    assert labels["licenses"] == project["license"]


def test_it_installs_its_own_member_as_locked(dockerfile: Dockerfile) -> None:
    syncs = [value for value in dockerfile.values("RUN") if value.startswith("uv sync")]
    package = f"tandem-{dockerfile.service}"
    assert syncs[-1] == f"uv sync --package {package} --frozen --no-dev --no-editable"


def test_all_use_one_uv_and_one_python() -> None:
    tools, bases = set(), set()
    for service in SERVICES:
        dockerfile = Dockerfile(service)
        tools |= {value for value in dockerfile.values("RUN") if " uv==" in value}
        bases |= {value.split()[0] for value in dockerfile.values("FROM") if value.startswith("python:")}
    assert len(tools) == 1
    assert bases == {"python:3.11-slim-bookworm"}


def _build_context(target: Path) -> None:
    """What the build stage of the worker copies, and no more."""
    for value in Dockerfile("llm-worker").values("COPY"):
        if "--from=" in value or "LICENSE" in value:
            continue
        *sources, _ = value.split()
        for source in sources:
            place = target / source
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)


def test_the_workers_environment_starts_and_holds_no_database_driver(tmp_path: Path) -> None:
    source, environment = tmp_path / "build", tmp_path / "environment"
    _build_context(source)
    inherited = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    subprocess.run(
        [uv(), "sync", "--package", "tandem-llm-worker", "--frozen", "--no-dev", "--no-editable"],
        cwd=source,
        env={**inherited, "UV_PROJECT_ENVIRONMENT": str(environment)},
        check=True,
        capture_output=True,
    )
    shutil.rmtree(source)  # what is installed must not need the sources
    python = environment / "bin" / "python"
    subprocess.run([python, "-c", "import tandem_llm_worker.bootstrap"], cwd=tmp_path, check=True)
    listed = subprocess.run(
        [python, "-c", "import importlib.metadata as m; print(*(d.name.lower() for d in m.distributions()))"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert "aiokafka" in listed
    assert not {"motor", "pymongo", "fastapi", "pytest", "tandem-local", "tandem-client"} & set(listed)


def test_the_page_is_in_the_distribution_of_the_verification_ui(tmp_path: Path) -> None:
    member = tmp_path / "member"
    shutil.copytree(ROOT / "services" / "verification-ui", member, ignore=shutil.ignore_patterns("web", "static"))
    shutil.copy(ROOT / ".gitignore", tmp_path)  # what keeps the built page out of version control
    page = member / "src" / "tandem_verification_ui" / "static" / "index.html"
    page.parent.mkdir()
    page.write_text("<!doctype html>")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run([uv(), "build", "--wheel", "-o", tmp_path / "out"], cwd=member, check=True, capture_output=True)
    (wheel,) = (tmp_path / "out").glob("*.whl")
    assert "tandem_verification_ui/static/index.html" in zipfile.ZipFile(wheel).namelist()
