"""`make test`: every check and test of the project, and a closing summary.

Arguments that are not its own go to pytest. A check that cannot run for want of a program is said in the first lines
and in the summary; with TANDEM_REQUIRE_TOOLS=1 that is an error instead. With TANDEM_REQUIRE_KAFKA=1 so is a missing
Apache Kafka.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
WEB = ROOT / "services" / "verification-ui" / "web"
PYTHON = str(BIN / "python")
FOLDERS = [f"tests/{name}" for name in ("chaos", "browser", "e2e", "contract", "integration", "unit")]
"""In the order they start: the longest files first, so that the short ones fill what is left at the end."""
AT_ONCE = ["--numprocesses=3", "--dist=loadfile", "--no-loadscope-reorder"]
"""Tests wait for brokers and for what was killed about as much as they compute, so several run at once, each with a
MongoDB and stacks of its own."""
CORES = 2
NOTHING_SELECTED = 5
"""pytest's status when a selection by -k or -m leaves nothing."""
MYPY_PATHS = (
    "shared/src",
    "client/src",
    "local/src",
    *(f"services/{name}/src" for name in ("api", "llm-worker", "postprocessor", "verification-ui")),
    "tests",
    "scripts",
)

CURES = {
    "chromium": "the browser test is left out: install Chromium (Debian: apt-get install chromium)",
    "promtool": "the check of metric names is left out: install Prometheus (Debian: apt-get install prometheus)",
    "kubectl": "the rendering of k8s/ is left out: install kubectl (Debian: apt-get install kubernetes-client)",
}


@dataclass
class Step:
    """A command, where it runs and to which task of the Makefile it belongs."""

    name: str
    task: str
    command: Sequence[str]
    cwd: Path = ROOT
    alone: bool = True
    """False for a step that keeps one core busy and touches nothing that others write: several run at once."""
    status: int = field(default=0, init=False)
    empty: bool = field(default=False, init=False)
    """Whether a selection left no test in it."""
    seconds: float = field(default=0.0, init=False)

    def run(self, *, keep_output: bool = False) -> None:
        """`keep_output` until it ends, so that its lines come in one piece."""
        if not keep_output:
            say(f"── {self.name}")
        started = time.monotonic()
        output = (subprocess.PIPE, subprocess.STDOUT) if keep_output else (None, None)
        done = subprocess.run(self.command, cwd=self.cwd, check=False, stdout=output[0], stderr=output[1], text=True)
        if keep_output:
            say(f"\n── {self.name}\n{done.stdout}".rstrip())
        self.status = done.returncode
        self.empty = self.task == "pytest" and self.status == NOTHING_SELECTED
        if self.empty:
            self.status = 0
        self.seconds = time.monotonic() - started


def steps(pytest_arguments: Sequence[str]) -> list[Step]:
    def tool(name: str) -> str:
        return str(BIN / name)

    return [
        Step("lint: ruff", "lint", [tool("ruff"), "check", "--quiet"]),
        Step("format: ruff", "lint", [tool("ruff"), "format", "--check", "--quiet"]),
        Step("import rule", "lint", [tool("lint-imports"), "--no-logo"]),
        Step(
            "event schemas",
            "lint",
            [PYTHON, "-m", "tandem.events.json_schemas", "shared/event-schemas", "--check"],
        ),
        Step("OpenAPI: api", "lint", [PYTHON, "-m", "tandem_api.openapi", "services/api/openapi.json", "--check"]),
        Step(
            "OpenAPI: verification-ui",
            "lint",
            [PYTHON, "-m", "tandem_verification_ui.openapi", "services/verification-ui/openapi.json", "--check"],
        ),
        Step("asynchronous client", "lint", [PYTHON, "scripts/async_client.py", "--check"]),
        Step("types: mypy", "types", [tool("mypy"), "--no-error-summary", *MYPY_PATHS], alone=False),
        Step("page: packages and build", "web", ["scripts/web-build"]),
        Step("page: lint", "web", ["npm", "run", "--silent", "lint"], WEB, alone=False),
        Step("page: types", "web", ["npm", "run", "--silent", "typecheck"], WEB, alone=False),
        Step("page: types of the API", "web", ["npm", "run", "--silent", "types", "--", "--check"], WEB, alone=False),
        Step("page: tests", "web", ["npm", "run", "--silent", "test"], WEB),
        *test_steps(pytest_arguments),
    ]


def test_steps(arguments: Sequence[str]) -> list[Step]:
    pytest = [PYTHON, "-m", "pytest", *arguments]
    if any((ROOT / argument.split("::")[0]).exists() for argument in arguments):  # the caller names the tests
        return [Step("tests: as asked for", "pytest", pytest)]
    return [Step("tests", "pytest", [*pytest, *AT_ONCE, *FOLDERS])]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def kafka() -> tuple[bool, str]:
    """Whether Apache Kafka can be had, and a line about it. Fetches its jars, once a machine."""
    probe = subprocess.run(
        [PYTHON, "-m", "tandem.testing.kafka", "tests/kafka/pom.xml"],
        cwd=ROOT,
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    line = probe.stdout.strip().splitlines()[-1] if probe.stdout.strip() else "Apache Kafka is not available"
    return probe.returncode == 0, line


def missing_tools() -> list[str]:
    return [f"There is no {name} on PATH: {cure}." for name, cure in CURES.items() if shutil.which(name) is None]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["lint", "types", "web", "pytest"])
    options, pytest_arguments = parser.parse_known_args()
    keep_bytecode()
    notes: list[str] = []
    if options.only in (None, "pytest"):
        notes = environment()
    chosen = [step for step in steps(pytest_arguments) if options.only in (None, step.task)]
    run(chosen)
    if len(chosen) > 1:
        summarize(chosen, notes)
    tests = [step for step in chosen if step.task == "pytest"]
    if tests and all(step.empty for step in tests):
        sys.exit("No test was selected.")
    return 1 if any(step.status for step in chosen) else 0


def keep_bytecode() -> None:
    """Even where the machine is set up not to, but out of the sources' way: tests start hundreds of processes, and each
    of them would compile all that it imports."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / ".venv" / "bytecode"))


def run(chosen: Sequence[Step]) -> None:
    """Run all of them, the tests last and with the machine to themselves: a stack that starts beside a type checker
    runs out of time."""
    tests = [step for step in chosen if step.task == "pytest"]
    together = [step for step in chosen if not step.alone]
    for step in chosen:
        if step not in tests and step not in together:
            step.run()
    with ThreadPoolExecutor(max_workers=CORES) as lanes:
        for each in [lanes.submit(step.run, keep_output=True) for step in together]:
            each.result()
    for step in tests:
        step.run()


def environment() -> list[str]:
    """Say what the tests run on, first thing. Ends the program where something required is missing."""
    has_kafka, line = kafka()
    notes = [] if has_kafka else [f"{line} The broker tests run on the embedded broker alone."]
    say(line if has_kafka else notes[0])
    lacking = missing_tools()
    for sentence in lacking:
        say(sentence)
    if not has_kafka and os.environ.get("TANDEM_REQUIRE_KAFKA") == "1":
        sys.exit("Apache Kafka is required here (TANDEM_REQUIRE_KAFKA=1).")
    if lacking and os.environ.get("TANDEM_REQUIRE_TOOLS") == "1":
        sys.exit("These programs are required here (TANDEM_REQUIRE_TOOLS=1).")
    if subprocess.run(["scripts/need", "node"], cwd=ROOT, check=False).returncode:
        sys.exit(1)
    return notes + lacking


def summarize(chosen: Sequence[Step], notes: Sequence[str]) -> None:
    say("── summary")
    for step in chosen:
        say(f"  {'ok    ' if step.status == 0 else 'FAILED'}  {step.seconds:6.1f} s  {step.name}")
    for note in notes:
        say(f"  {note}")
    say("Everything passed." if not any(step.status for step in chosen) else "Something failed; see above.")


if __name__ == "__main__":
    sys.exit(main())
