"""The document of a job that is fed here, and the moves of its state."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.events import ConfidenceStrategy, JobState, LabelSchemaSpec, RefusedParameter
from tandem.labeling.answer_format import response_format, schema_key
from tandem.store.jobs.dispatch_writer import JobDispatchWriter
from tandem.store.jobs.documents import JobDocument
from tandem_api.dispatch.budget import BUDGET
from tandem_api.dispatch.fleet import Account, FallbackAccount
from tandem_api.workers.refused import asked_without, concerns, without_confidence

PROMPT = "prompt"
"""The `waiting_for` of a job whose agent's templates are not rendered."""


class FedJob:
    """A job as its document was read or written last.

    Every move is written first; `document` changes when the database has said what it is now.
    """

    def __init__(self, document: JobDocument, writer: JobDispatchWriter) -> None:
        self.job_id: str = document["_id"]
        self.document = document
        self._writer = writer
        self._voided = float("-inf")
        self._schema_key: str | None = None

    def refresh(self, document: JobDocument) -> None:
        """Replace the document by the one read last: state, epoch and weight may have changed."""
        self.document = document

    @property
    def running(self) -> bool:
        return self.document["state"] == JobState.RUNNING

    @property
    def waiting(self) -> bool:
        """Return whether the job waits for its provider, and not for something else that is named."""
        return self.document["state"] == JobState.WAITING and self.document["waiting_for"] is None

    @property
    def out_of_budget(self) -> bool:
        return self.document["state"] == JobState.WAITING and self.document["waiting_for"] == BUDGET

    @property
    def waits(self) -> bool:
        """Return whether the job waits, for any reason."""
        return self.document["state"] == JobState.WAITING

    @property
    def agent_id(self) -> str:
        agent_id: str = self.document["published"]["agent"]["agent_id"]
        return agent_id

    @property
    def asks_model(self) -> bool:
        """Return False when all labels of the job are made of other annotations."""
        return self.document["asks_model"]

    @property
    def account(self) -> Account | None:
        """Return the account whose calls the job needs, if it needs any."""
        if not self.asks_model:
            return None
        agent = self.document["published"]["agent"]
        return agent["provider"], agent["model"]

    def refused(self, refused: Sequence[RefusedParameter]) -> tuple[str | None, str | None]:
        """Return why labels have no confidence, and what else the calls are made without, by what the model refuses."""
        published = self.document["published"]
        agent = published["agent"]
        if self._schema_key is None:
            schema = LabelSchemaSpec.model_validate(published["label_schema"])
            strategy = ConfidenceStrategy(agent.get("confidence_strategy", ConfidenceStrategy.TOKEN_PROBABILITY))
            self._schema_key = schema_key(response_format(schema, strategy))
        effort = agent.get("parameters", {}).get("reasoning_effort")
        ours = [each for each in refused if concerns(each, effort=effort, schema=self._schema_key)]
        to_people = published.get("review_policy", {}).get("review_without_confidence", True)
        return without_confidence(agent, ours, to_people=to_people), asked_without(agent, ours)

    @property
    def fallback(self) -> FallbackAccount | None:
        """Return the account of the fallback model, if the agent names one, with the outcomes for which it is
        called."""
        fallback = self.document["published"]["agent"].get("fallback")
        return (
            None
            if fallback is None
            else FallbackAccount((fallback["provider"], fallback["model"]), tuple(fallback["on"]))
        )

    async def wait(self, reason: str) -> None:
        """Ask for nothing until the provider has recovered. Raises LeaseLostError."""
        await self._wait(reason, waiting_for=None)

    async def refuse(self, reason: str) -> None:
        """Ask for nothing until a person resumes the job: its agent's templates are not rendered. Raises
        LeaseLostError."""
        await self._wait(reason, waiting_for=PROMPT)

    async def set_note(self, reason: str | None, *, without_confidence: str | None = None) -> bool:
        """Write these notes to the running job. Returns whether they are new. Raises LeaseLostError.

        `without_confidence`: why labels have no confidence, which the job says even when it is over.
        """
        known = self.document["dispatch"]["without_confidence"]
        if self.document["state_reason"] == reason and without_confidence in (None, known):
            return False
        self.document = await self._writer.set_note(
            self.job_id, epoch=self.document["epoch"], reason=reason, without_confidence=without_confidence
        )
        return True

    async def go_on(self) -> None:
        """Let the waiting job run again. Raises LeaseLostError."""
        self.document = await self._writer.go_on(self.job_id, epoch=self.document["epoch"])

    async def ask_anew(self, now: float, *, not_within: float) -> bool:
        """Void the outstanding requests, since some were handed back unanswered; they are sent again with the same
        number.

        Returns False when that was done less than `not_within` seconds ago. Raises LeaseLostError.
        """
        if now - self._voided < not_within:
            return False
        if self.outstanding:
            self.document = await self._writer.ask_anew(self.job_id, epoch=self.document["epoch"])
        self._voided = now
        return True

    @property
    def outstanding(self) -> int:
        """Return the number of requests that have not ended."""
        return 0

    async def _wait(self, reason: str, *, waiting_for: str | None) -> None:
        self.document = await self._writer.wait(
            self.job_id, epoch=self.document["epoch"], reason=reason, waiting_for=waiting_for
        )
