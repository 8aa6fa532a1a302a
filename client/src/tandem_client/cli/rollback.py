"""Projects and data sets that a command makes on the way: they go again when the command comes to nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tandem_client.client import Tandem
from tandem_client.errors import TandemError
from tandem_client.models import Dataset, Project

_WAITS = (0.2, 0.5, 1.0, 2.0)
"""In seconds, while an upload that was cut is still being taken back."""


class Rollback:
    """Finds what there is by name and makes what there is not."""

    def __init__(self, tandem: Tandem) -> None:
        self._tandem = tandem
        self._undo: list[Callable[[], None]] = []

    def project(self, name: str, *, description: str = "") -> Project:
        if (found := self._tandem.projects.find(name)) is not None:
            return found
        made = self._tandem.projects.create(name, description=description)
        self._undo.append(lambda: self._tandem.projects.delete(made.id))
        return made

    def dataset(self, project: Project, name: str) -> Dataset:
        if (found := self._tandem.datasets.find(project.id, name)) is not None:
            return found
        made = self._tandem.datasets.create(project.id, name=name)
        self._undo.append(lambda: self._tandem.datasets.delete(made.id))
        return made

    def take_back(self) -> None:
        """Delete what was created, latest first; what is not empty stays, since the server deletes nothing that holds
        anything."""
        for undo in reversed(self._undo):
            for wait in (*_WAITS, None):
                try:
                    undo()
                except TandemError as error:
                    if error.type != "import-running" or wait is None:
                        return
                    time.sleep(wait)
                else:
                    break


@contextmanager
def rollback(tandem: Tandem) -> Iterator[Rollback]:
    made = Rollback(tandem)
    try:
        yield made
    except BaseException:
        made.take_back()
        raise
