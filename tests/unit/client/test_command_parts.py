"""The commands of `tandem` are imported when they are run: what the help says without them is what they say."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tandem_client.cli.lazy import imported
from tandem_client.cli.parts import PARTS


@pytest.mark.parametrize("name", PARTS)
def test_the_help_lists_a_command_as_the_command_describes_itself(name: str) -> None:
    command = imported(name, PARTS[name])
    assert command.name == name
    assert " ".join(command.help.split("\n\n")[0].split()) == PARTS[name].help


def test_the_help_imports_neither_the_models_nor_the_http_client() -> None:
    asked = (
        "import sys; from tandem_client.cli.app import app; app(['--help'], standalone_mode=False);"
        "print([each for each in ('httpx', 'pydantic', 'asyncio', 'numpy') if each in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert "run-again" in told
    assert told.strip().endswith("[]")


def test_a_command_imports_no_other_commands_and_no_asynchronous_client() -> None:
    asked = (
        "import sys, contextlib; from tandem_client.cli.app import app\n"
        "with contextlib.suppress(SystemExit): app(['status', '--help'])\n"
        "others = ('tandem_client.cli.certificates', 'tandem_client.aio')\n"
        "print([each for each in sys.modules if each.startswith(others)])"
    )
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert told.strip().endswith("[]")
