"""Attempts of one question over the calls that it takes: what a refusal teaches, and what a success says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tandem.labeling.answer_format import keywords_in
from tandem_llm_worker.calling.question import Question
from tandem_llm_worker.providers.answers import Answer
from tandem_llm_worker.providers.capabilities import Api, Capabilities
from tandem_llm_worker.providers.errors import CallFailed, without_record_text
from tandem_llm_worker.providers.refusals import CallKind, Refusal

LEAST_ROOM = 16
"""Tokens of answer with which a call is still worth making, if the context leaves no more."""

Parameters = Callable[[Question, Refusal | None], dict[str, Any]]
"""Returns the parameters for a question as if a given refusal were not believed."""


class QuestionCalls:
    """Calls of one question until one is accepted. `trial`: the refusal that they try again, if any."""

    __slots__ = ("_capabilities", "_question", "_suspected", "trial")

    def __init__(self, capabilities: Capabilities, question: Question, trial: Refusal | None) -> None:
        self._capabilities = capabilities
        self._question = question
        self.trial = trial
        self._suspected = ""

    def changed(self, failed: CallFailed, api: Api, sent: dict[str, Any], parameters: Parameters) -> bool:
        """Learn from a refused call. Return True if the next call differs from what was sent."""
        question, capabilities = self._question, self._capabilities
        said = without_record_text(failed.message, question.private.values())
        if failed.complaint is None:
            return self._changed_without_a_reason(failed, sent, said)
        complaint = failed.complaint
        capabilities.learn(
            complaint,
            sent=sent,
            schema_key=question.schema_key,
            effort=question.parameters.reasoning_effort,
            api=api,
            said=said,
        )
        self.end()  # whatever it was about: the trial is not what this question is for
        if complaint.context_window is not None and complaint.prompt_tokens is not None:
            room = complaint.context_window - complaint.prompt_tokens
            if room >= LEAST_ROOM:
                question.most_tokens = room
        return capabilities.api != api or parameters(question, None) != sent

    def _changed_without_a_reason(self, failed: CallFailed, sent: dict[str, Any], said: str) -> bool:
        """Leave out what may be the reason: what is tried again, the bounds of the JSON Schema, then the schema.

        Nothing is believed by it yet: the record itself may be what was refused.
        """
        if not failed.may_be_the_schema:
            return False
        if self.trial is not None:
            self._capabilities.refusals.add(self.trial.key, said, value=self.trial.value)
            self.end()
            return True
        if "response_format" not in sent:
            return False
        self._question.plainer = 1 if keywords_in(sent["response_format"]) else 2
        self._suspected = said
        return True

    def succeeded(self, answer: Answer, api: Api, sent: dict[str, Any]) -> None:
        """Record what an answer says of the parameters that brought it."""
        question, capabilities = self._question, self._capabilities
        if len(answer.completions) < sent.get("n", 1):
            capabilities.no_samples(question.parameters, question.schema_key)
        elif self.trial is not None:
            capabilities.refusals.forget(self.trial.key)
            self.trial = None
        if self._suspected and question.plainer:
            like = CallKind(api, question.parameters.reasoning_effort or "", question.schema_key)
            capabilities.suspect(question.schema_key, question.plainer, like, self._suspected)
        elif "response_format" in sent:
            capabilities.taken(question.schema_key)

    def end(self) -> None:
        """Let other calls try what this one did not find out."""
        if self.trial is not None:
            self._capabilities.refusals.release(self.trial)
            self.trial = None
