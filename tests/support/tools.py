"""Programs that some tests need beside Python."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGES = {"chromium": "chromium", "promtool": "prometheus", "kubectl": "kubernetes-client"}


def program(name: str) -> str:
    """The path of a program. Without it the test is skipped with the cure; it fails where TANDEM_REQUIRE_TOOLS=1."""
    if found := shutil.which(name):
        return found
    sentence = f"There is no {name} on PATH: install it (Debian: apt-get install {PACKAGES[name]})."
    if os.environ.get("TANDEM_REQUIRE_TOOLS") == "1":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def uv() -> str:
    """The path of uv: the one that the project's own tasks use."""
    script = Path(__file__).parent.parent.parent / "scripts" / "uv"
    return subprocess.run([script], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
