"""A port that another program has is told in one sentence, with the setting that changes it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

_REASONS = {errno.EADDRINUSE: "is in use by another program", errno.EACCES: "may not be opened by this user"}


class PortNotOpenedError(Exception):
    """A port cannot be listened on. The text says which, why, and what to set."""


@contextmanager
def opening(host: str, port: int, *, setting: str) -> Iterator[None]:
    """Turn the failure to listen on `port` into a PortNotOpenedError that names the `setting`; other errors pass."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0)
        if reason is None:
            raise
        raise PortNotOpenedError(
            f"Port {port} of {host} {reason}. Set {setting} to another one, or stop what listens there."
        ) from error
