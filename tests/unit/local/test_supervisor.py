"""The supervisor starts again what ended, ever more slowly, and says so."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tandem.runtime.processes import Process
from tandem.testing.waiting import eventually
from tandem_local.stack.supervisor import LONGEST_PAUSE_SECONDS, WELL_AFTER_SECONDS, Supervisor


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Said:
    sentences: list[str] = field(default_factory=list)

    def __call__(self, sentence: str) -> None:
        self.sentences.append(sentence)


def process(tmp_path: Path, code: str) -> Process:
    return Process("part", [sys.executable, "-c", code], log_file=tmp_path / "part.log")


FOREVER = "import time\nwhile True: time.sleep(60)"


async def test_a_killed_process_is_started_again_after_a_pause_and_both_are_said(tmp_path: Path) -> None:
    clock, said, restarts = Clock(), Said(), []
    with process(tmp_path, FOREVER) as part:
        supervisor = Supervisor(
            [part], say=said, on_restart=lambda: restarts.append(part.pid), clock=clock, jitter=lambda _, most: most
        )
        first = part.pid
        supervisor.tick()
        assert not said.sentences

        part.kill()
        supervisor.tick()
        supervisor.tick()
        assert not part.running
        assert "part ended (killed by SIGKILL)" in said.sentences[0]
        assert str(tmp_path / "part.log") in said.sentences[0]

        clock.now += 0.25
        supervisor.tick()
        assert part.running
        assert part.pid != first
        assert restarts == [part.pid]
        assert len(said.sentences) == 2


async def test_the_pause_doubles_up_to_a_bound_and_begins_anew_after_a_good_while(tmp_path: Path) -> None:
    clock, pauses = Clock(), []

    def remember(_least: float, most: float) -> float:
        pauses.append(most)
        return most

    part = process(tmp_path, "raise SystemExit(3)")
    part.spawn()
    supervisor = Supervisor([part], say=lambda _: None, clock=clock, jitter=remember)
    for _ in range(10):
        await eventually(lambda: not part.running)
        supervisor.tick()
        clock.now += LONGEST_PAUSE_SECONDS
        supervisor.tick()
    assert pauses[:4] == [0.25, 0.5, 1.0, 2.0]
    assert pauses[-1] == LONGEST_PAUSE_SECONDS

    await eventually(lambda: not part.running)
    clock.now += WELL_AFTER_SECONDS
    supervisor.tick()
    assert pauses[-1] == 0.25


@pytest.mark.parametrize("unset", [True, False])
def test_a_child_does_not_get_what_its_parent_keeps_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unset: bool
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a secret")
    code = "import os, sys; sys.exit('OPENAI_API_KEY' in os.environ)"
    part = Process(
        "part", [sys.executable, "-c", code], log_file=tmp_path / "log", env={"OPENAI_API_KEY": None} if unset else {}
    )
    part.spawn()
    assert part._child is not None
    assert part._child.wait(10) == (0 if unset else 1)
