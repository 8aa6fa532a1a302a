"""The data directory of a local stack: one stack at a time, secrets for the owner alone, ports that stay."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tandem_local.stack import DataDir, InUseError


def test_a_second_stack_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    with DataDir(tmp_path).locked(), pytest.raises(InUseError, match="--data-dir"), DataDir(tmp_path).locked():
        pass
    with DataDir(tmp_path).locked():
        pass


def test_the_admin_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    key = DataDir(tmp_path).admin_key()
    DataDir(tmp_path).write_state({"admin_key": key})

    assert DataDir(tmp_path).admin_key() == key
    assert len(key) >= 32
    for name in ("admin.key", "stack.json"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_a_new_admin_key_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    first = DataDir(tmp_path).admin_key()
    second = DataDir(tmp_path).new_admin_key()
    assert first != second
    assert DataDir(tmp_path).admin_key() == second
    assert (tmp_path / "admin.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "\n", "tdm_short"])
def test_a_file_without_a_key_that_the_api_would_take_gets_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "admin.key").write_text(content)
    assert len(DataDir(tmp_path).admin_key()) >= 32


def test_a_port_stays_while_it_is_free_and_is_given_to_one_part_alone(tmp_path: Path) -> None:
    first = DataDir(tmp_path)
    port = first.port("api")
    first.write_state({"ports": {"api": port, "verification-ui": port}})

    again = DataDir(tmp_path)
    assert again.port("api") == port
    assert again.port("verification-ui") != port
    with socket.create_server(("127.0.0.1", port)):
        assert DataDir(tmp_path).port("api") != port
