"""Configuration of the command line's server: the environment first, else the file that `tandem login` writes."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tandem_client.errors import TandemError


@dataclass(frozen=True)
class Connection:
    url: str
    token: str


def config_file() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "tandem" / "config.toml"


def load() -> Connection:
    """Load the address of the server and the API key.

    Raises TandemError when neither the environment nor the file names one.
    """
    saved = _saved()
    url = os.environ.get("TANDEM_URL") or saved.get("url")
    token = os.environ.get("TANDEM_TOKEN") or saved.get("token")
    if not url or not token:
        missing = "server" if not url else "API key"
        raise TandemError(
            f"No {missing} is known",
            type="not-logged-in",
            detail=f"No {missing} is known",
            cure="Run `tandem login URL`, or set TANDEM_URL and TANDEM_TOKEN.",
        )
    return Connection(url, token)


def save(connection: Connection) -> Path:
    """Keep a connection for later commands, readable by its owner alone."""
    file = config_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = f"url = {_quoted(connection.url)}\ntoken = {_quoted(connection.token)}\n"
    part = file.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as sink:
        sink.write(text)
    part.replace(file)
    return file


def _saved() -> dict[str, str]:
    file = config_file()
    try:
        parsed = tomllib.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, OSError) as error:
        raise TandemError(
            "The configuration cannot be read",
            type="bad-configuration",
            detail=f"{file} cannot be read ({error})",
            cure="Run `tandem login URL` to write it again.",
        ) from error
    return {name: str(value) for name, value in parsed.items()}


def _quoted(text: str) -> str:
    """Quote the text as a TOML basic string."""
    escaped = "".join(
        f"\\{char}" if char in '"\\' else char if char.isprintable() else f"\\u{ord(char):04x}" for char in text
    )
    return f'"{escaped}"'
