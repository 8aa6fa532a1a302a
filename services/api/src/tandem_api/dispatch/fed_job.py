"""What a job's document says to the one who feeds it."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.events import ConfidenceStrategy, JobState, LabelSchemaSpec, RefusedParameter
from tandem.labeling.answer_format import response_format, schema_key
from tandem.store.jobs.documents import JobDocument
from tandem_api.dispatch.budget import BUDGET
from tandem_api.dispatch.fleet import Account, Second
from tandem_api.workers.refused import asked_without, concerns, without_confidence


class FedJob:
    """A job as its document was read last."""

    def __init__(self, document: JobDocument) -> None:
        self.job_id: str = document["_id"]
        self.document = document
        self._schema_key: str | None = None

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
    def second(self) -> Second | None:
        """The account that is asked where the agent's own has no answer, if the agent names one."""
        fallback = self.document["published"]["agent"].get("fallback")
        return None if fallback is None else Second((fallback["provider"], fallback["model"]), tuple(fallback["on"]))
