"""Find the server programs: on PATH first, else inside an installed distribution."""

from __future__ import annotations

import shutil
import stat
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path


class ProgramNotFound(RuntimeError):  # noqa: N818 - says what happened, and callers read it as a sentence
    """A server program is neither on PATH nor in an installed distribution; the message says how to get it."""


def find_program(name: str, *, distribution: str, cure: str) -> Path:
    """Return the path of the program `name`: the one on PATH, else the one that `distribution` ships.

    The distribution is looked at through its metadata and never imported: some packages that carry a server have
    effects at import.

    Raises:
        ProgramNotFound: neither is there; its message ends with `cure`.
    """
    if on_path := shutil.which(name):
        return Path(on_path)
    if shipped := _shipped(name, distribution):
        return shipped
    raise ProgramNotFound(f"There is no {name} on PATH, and the package {distribution} is not installed. {cure}")


def _shipped(name: str, distribution: str) -> Path | None:
    try:
        entries = files(distribution) or []
    except PackageNotFoundError:
        return None
    for entry in entries:
        if entry.parent.name == "bin" and entry.name in (name, f"{name}.exe"):
            path = Path(str(entry.locate()))
            if path.is_file():
                _make_executable(path)
                return path
    return None


def _make_executable(path: Path) -> None:
    """Make the file executable: some installers drop that bit of a wheel's data files."""
    mode = path.stat().st_mode
    if not mode & stat.S_IXUSR:
        path.chmod(mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
