"""What a job's document says to the one who feeds it."""

from __future__ import annotations

from tandem.events import JobState
from tandem.store.jobs.documents import JobDocument
from tandem_api.dispatch.budget import BUDGET
from tandem_api.dispatch.fleet import Account, Second

PROMPT = "prompt"
"""What a job is `waiting_for` whose agent's templates are not rendered."""


class FedJob:
    """A job as its document was read last."""

    def __init__(self, document: JobDocument) -> None:
        self.job_id: str = document["_id"]
        self.document = document

    def refresh(self, document: JobDocument) -> None:
        """The document as it was read last: state, epoch and weight may have changed."""
        self.document = document

    @property
    def running(self) -> bool:
        return self.document["state"] == JobState.RUNNING

    @property
    def waiting(self) -> bool:
        """Whether the job waits for its provider, and not for something else that is named."""
        return self.document["state"] == JobState.WAITING and self.document.get("waiting_for") is None

    @property
    def out_of_budget(self) -> bool:
        return self.document["state"] == JobState.WAITING and self.document.get("waiting_for") == BUDGET

    @property
    def refused(self) -> bool:
        """Whether the job waits for a person, since its agent's templates are not rendered."""
        return self.document["state"] == JobState.WAITING and self.document.get("waiting_for") == PROMPT

    @property
    def waits(self) -> bool:
        """Whether the job waits, for whatever it is."""
        return self.waiting or self.out_of_budget or self.refused

    @property
    def agent_id(self) -> str:
        agent_id: str = self.document["published"]["agent"]["agent_id"]
        return agent_id

    @property
    def asks_model(self) -> bool:
        """False when all labels of the job are made of other annotations."""
        return self.document.get("asks_model", True)

    @property
    def account(self) -> Account | None:
        """Whose calls the job needs, if it needs any."""
        if not self.asks_model:
            return None
        agent = self.document["published"]["agent"]
        return agent["provider"], agent["model"]

    @property
    def second(self) -> Second | None:
        """The account that is asked where the agent's own has no answer, if the agent names one."""
        fallback = self.document["published"]["agent"].get("fallback")
        return None if fallback is None else Second((fallback["provider"], fallback["model"]), tuple(fallback["on"]))
