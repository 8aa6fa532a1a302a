"""Processes of a local stack: what is said of one that does not start."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tandem.runtime.processes import Process, ProcessFailed


class Never(Process):
    def is_ready(self) -> bool:
        return False


def test_a_process_that_ends_shows_the_log_of_this_run_and_not_of_the_one_before(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    log.write_text("an old complaint\n")
    process = Never("part", [sys.executable, "-c", "print('the port is in use'); exit(3)"], log_file=log)
    with pytest.raises(ProcessFailed) as failed:
        process.start()
    assert "status 3" in str(failed.value)
    assert "the port is in use" in str(failed.value)
    assert "an old complaint" not in str(failed.value)
    assert log.read_text().startswith("an old complaint")


def test_a_process_that_stands_still_is_given_up(tmp_path: Path) -> None:
    process = Never("part", [sys.executable, "-c", "import signal; signal.pause()"], log_file=tmp_path / "part.log")
    with pytest.raises(ProcessFailed, match="was not ready after"):
        process.start(0.5)
    assert not process.running
