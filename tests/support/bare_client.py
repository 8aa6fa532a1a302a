"""A virtual environment that holds the client alone, as somebody installs it who has no server."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stacks import ROOT
from tools import uv


@pytest.fixture(scope="session")
def bare_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the built wheels of the client and of what it shares with the services."""
    directory = tmp_path_factory.mktemp("bare")
    wheels, home = directory / "wheels", directory / "env"
    for package in ("client", "shared"):
        run(uv(), "build", "--quiet", "--wheel", "--out-dir", str(wheels), str(ROOT / package))
    run(uv(), "venv", "--quiet", str(home))
    built = [str(wheel) for wheel in sorted(wheels.glob("*.whl"))]
    run(uv(), "pip", "install", "--quiet", "--python", str(home / "bin/python"), *built)
    return home


def run(*command: str, status: int = 0) -> str:
    """Return what the command prints on both streams; it must end with this status."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd="/")
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr
