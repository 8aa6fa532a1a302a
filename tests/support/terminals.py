"""A terminal on which tests run the command line, with a home of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from command_server import CommandServer
from stacks import RunningStack


@dataclass
class Terminal:
    """Runs the program with a home of its own."""

    home: Path
    environment: dict[str, str]
    server: CommandServer

    def run(self, *arguments: str, status: int = 0, answer: str = "", told: bool = False) -> str:
        """What it printed: results where it went well, the error otherwise; with `told` what it said beside them."""
        environment = {**clean_environment(), "XDG_CONFIG_HOME": str(self.home), "COLUMNS": "200", **self.environment}
        ended, output, errors = self.server.run(arguments, environment, answer)
        assert ended == status, output + errors
        assert "Traceback" not in errors
        return output if status == 0 and not told else errors


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("TANDEM_", "OPENAI_"))}


@pytest.fixture(scope="module")
def command_server() -> Iterator[CommandServer]:
    with CommandServer({**clean_environment(), "COLUMNS": "200"}) as server:
        yield server


@pytest.fixture
def terminal(running_stack: RunningStack, tmp_path: Path, command_server: CommandServer) -> Terminal:
    environment = {"TANDEM_URL": running_stack.ui_url, "TANDEM_TOKEN": running_stack.admin_token}
    return Terminal(tmp_path / "config", environment, command_server)
