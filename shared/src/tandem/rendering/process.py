"""A renderer as its parent sees it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import OrderedDict
from typing import Any

from tandem.rendering.frames import LENGTH_BYTES, MOST_BYTES, MOST_COMPILED, length_of, packed
from tandem.rendering.settings import RenderingSettings

STALL_SECONDS = 30.0
"""Silence after which a child with work is ended: its CPU limits would have ended it before."""
_PASSED_ON = ("LANG", "LC_ALL", "PATH", "TZ")
"""Variables of the parent's environment that a renderer gets; providers' keys and database passwords stay behind."""


class RendererEndedError(Exception):
    """The child process has ended."""

    def __init__(self, *, over_limit: bool) -> None:
        super().__init__("a renderer ended")
        self.over_limit = over_limit
        """True when the child took too much CPU time."""
        self.compiling = False
        """True when the child was compiling templates, and not rendering a record."""


class RendererProcess:
    """Child process that does one batch at a time."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child
        self._compiled: OrderedDict[str, None] = OrderedDict()

    @classmethod
    async def start(cls, settings: RenderingSettings) -> RendererProcess:
        """Start a renderer as a child process. Raises OSError where no process can be made."""
        flags = ["-I", *(["-B"] if sys.dont_write_bytecode else [])]
        if sys.pycache_prefix is not None:
            flags += ["-X", f"pycache_prefix={sys.pycache_prefix}"]
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *flags,
            "-m",
            "tandem.rendering.child",
            json.dumps(settings.model_dump()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # a traceback may hold a record's text
            env={name: value for name in _PASSED_ON if (value := os.environ.get(name)) is not None},
            start_new_session=True,  # Ctrl-C in the terminal reaches the parent alone
        )
        return cls(child)

    @property
    def pid(self) -> int:
        return self._child.pid

    def knows(self, key: str) -> bool:
        """Return whether the child has the agent of this key compiled; keeps the order in which it drops them."""
        known = key in self._compiled
        self._compiled[key] = None
        self._compiled.move_to_end(key)
        if len(self._compiled) > MOST_COMPILED:
            self._compiled.popitem(last=False)
        return known

    async def send(self, message: object) -> None:
        """Send a message to the child. Raises RendererEndedError."""
        assert self._child.stdin is not None  # noqa: S101 - made with a pipe
        try:
            self._child.stdin.write(packed(message))
            async with asyncio.timeout(STALL_SECONDS):
                await self._child.stdin.drain()
        except (OSError, TimeoutError):
            raise await self._ended() from None

    async def receive(self) -> dict[str, Any]:
        """Return the child's next message. Raises RendererEndedError."""
        assert self._child.stdout is not None  # noqa: S101 - made with a pipe
        try:
            async with asyncio.timeout(STALL_SECONDS):
                size = length_of(await self._child.stdout.readexactly(LENGTH_BYTES))
                if size > MOST_BYTES:
                    raise await self._ended()
                found = json.loads(await self._child.stdout.readexactly(size))
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
            raise await self._ended() from None
        if not isinstance(found, dict):
            raise await self._ended()
        return found

    async def receive_compiled(self) -> None:
        """Wait until the child has the templates compiled. Raises RendererEndedError."""
        try:
            await self.receive()
        except RendererEndedError as ended:
            ended.compiling = True
            raise

    async def close(self) -> None:
        """End the child and wait until it is gone."""
        if self._child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._child.kill()
        if self._child.stdin is not None:
            self._child.stdin.close()
        await self._child.wait()

    async def _ended(self) -> RendererEndedError:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):  # its output ended: its status is on its way
                await self._child.wait()
        await self.close()
        return RendererEndedError(over_limit=self._child.returncode == -signal.SIGPROF)
