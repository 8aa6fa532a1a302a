"""Exact counts come from vocabularies on disk alone."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tandem.text.tokens import CACHE_VARIABLE, counter_for, file_name
from tandem_llm_worker.pacing import Need, TokenEstimate

MESSAGES = [{"role": "system", "content": "one two three"}, {"role": "user", "content": "four"}]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a vocabulary must never be fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-4-turbo", "o3-mini"])
def test_without_a_directory_or_without_the_file_nothing_is_counted_and_nothing_fetched(
    model: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    assert counter_for(model) is None
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert counter_for(model) is None


def test_an_altered_file_is_left_alone_and_not_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / file_name("o200k_base")
    file.write_bytes(b"IQ== 0\n")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))

    assert counter_for("gpt-4o") is None
    assert file.read_bytes() == b"IQ== 0\n"


def test_models_of_others_are_not_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))

    assert counter_for("llama-3.1-8b") is None


def test_prompts_are_counted_only_where_that_is_asked_for() -> None:
    counted: list[str] = []

    def count(text: str) -> int:
        counted.append(text)
        return len(text.split())

    estimate = TokenEstimate(count)

    assert estimate.of(MESSAGES, max_tokens=10) == Need(17 * 0.25, 10, 10)
    assert not counted
    assert estimate.of(MESSAGES, max_tokens=10, exactly=True) == Need(3 + 4 + 3 + 4 + 1, 10, 10)


def test_where_nothing_can_be_counted_the_estimate_learns_from_usage() -> None:
    estimate = TokenEstimate()
    for _ in range(200):
        estimate.learn(MESSAGES, input_tokens=34, output_tokens=6)

    need = estimate.of(MESSAGES, max_tokens=100, samples=2, exactly=True)

    assert need.input_tokens == pytest.approx(34, rel=0.01)
    assert need.output_tokens == pytest.approx(12, rel=0.01)
    assert need.max_output_tokens == 200
