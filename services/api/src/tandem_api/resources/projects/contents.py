"""Contents of a project, so that none is deleted with anything in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tandem.store.agents.reader import AgentReader
from tandem.store.datasets.reader import DatasetReader
from tandem.store.jobs.reader import JobReader
from tandem.store.label_schemas.reader import LabelSchemaReader

_COUNTED = 100


class ProjectContents:
    def __init__(
        self, *, datasets: DatasetReader, label_schemas: LabelSchemaReader, agents: AgentReader, jobs: JobReader
    ) -> None:
        self._datasets = datasets
        self._label_schemas = label_schemas
        self._agents = agents
        self._jobs = jobs

    async def described(self, project_id: str) -> str | None:
        """Describe the contents, such as "2 data sets, a label schema"; None for an empty project. Raises
        StoreUnavailableError."""
        parts = [
            _words(await self._jobs.list(project_id, limit=_COUNTED), "job"),
            _words(await self._datasets.list(project_id, limit=_COUNTED), "data set"),
            _words(await self._agents.list(project_id, limit=_COUNTED), "version of agents"),
            _words(await self._label_schemas.list(project_id, limit=_COUNTED), "version of label schemas"),
        ]
        return ", ".join(filter(None, parts)) or None


def _words(found: Sequence[Any], what: str) -> str:
    if not found:
        return ""
    first, _, rest = what.partition(" of ")
    several = f"{first}s of {rest}" if rest else f"{first}s"
    count = f"{_COUNTED} or more" if len(found) == _COUNTED else str(len(found))
    return f"1 {what}" if len(found) == 1 else f"{count} {several}"
