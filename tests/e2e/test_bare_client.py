"""The client in a virtual environment of its own: what it needs of the project comes with it, and nothing else does."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from stacks import ROOT
from tools import uv

HEAVY = ("aiokafka", "motor", "pymongo", "opentelemetry", "numpy", "fastapi", "orjson")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A fresh environment with the built wheels of the client and of what it shares with the services."""
    wheels, home = tmp_path / "wheels", tmp_path / "bare"
    for package in ("client", "shared"):
        _run(uv(), "build", "--quiet", "--wheel", "--out-dir", str(wheels), str(ROOT / package))
    _run(uv(), "venv", "--quiet", str(home))
    built = [str(wheel) for wheel in sorted(wheels.glob("*.whl"))]
    _run(uv(), "pip", "install", "--quiet", "--python", str(home / "bin/python"), *built)
    return home


def test_the_client_alone_simulates_certificates(bare: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.jsonl"
    lines = [
        {"id": i, "gold": "a", "pred": "b" if i % 9 == 0 else "a", "confidence": 0.5 + i % 5 / 10} for i in range(99)
    ]
    file.write_text("\n".join(map(json.dumps, lines)))
    printed = _run(str(bare / "bin/tandem"), "certificate", "simulate", str(file), "--runs", "2")
    assert "99 records, 11.1% of the labels wrong" in printed
    installed = _run(uv(), "pip", "list", "--quiet", "--python", str(bare / "bin/python"))
    assert not [name for name in HEAVY if name in installed]


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    return done.stdout
