"""Usable answers to a question: samples, an answer that was cut off, one that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from tandem.events import Completion, ErrorKind
from tandem.labeling.labeler import Labeler
from tandem_llm_worker.calling.model import Model
from tandem_llm_worker.calling.question import Got, Question
from tandem_llm_worker.providers.answers import CUT, REFUSED, Answer
from tandem_llm_worker.providers.errors import CallFailed, CallVerdict
from tandem_llm_worker.providers.retry import Budget

_REPAIR = """\
That answer cannot be used: {reason}.
Answer the same question again, in exactly the form that was asked for and with nothing around it."""


FAILED_GENERATION = "failed_generation"
"""The finish reason of an answer that the provider gave inside an error."""


async def completions(model: Model, question: Question, budget: Budget) -> tuple[Completion, ...]:
    """Return as many answers as the agent wants samples, including those that came already.

    Returns fewer where the provider gave at least one and then failed. An answer that was cut off is asked for once
    more with more room. Raises CallFailed.
    """
    wanted = question.parameters.samples
    got = question.got.completions
    more_room = False
    while len(got) < wanted:
        question.samples, question.drawn = wanted - len(got), len(got)
        try:
            answer = await budget(partial(model.call, question))
        except CallFailed as last:
            failed = await model.outages.judge(question, last)
            if got and failed.verdict is not CallVerdict.STOPPED:
                break
            if (refused := _readable_all_the_same(failed, question)) is not None:
                return (refused,)
            if failed is last:
                raise
            raise failed from last
        usable = answer.usable
        if usable:
            got.extend(usable[: question.samples])
            question.got.structured = question.structured
        elif got:
            break
        elif answer.of_reason(CUT) and not more_room and not budget.is_spent and model.make_room(question, answer):
            more_room = True
        else:
            raise _not_usable(answer, question)
    return tuple(got)


def _readable_all_the_same(failed: CallFailed, question: Question) -> Completion | None:
    """Return what the model wrote if the provider refused it for its format each time and it still gives labels."""
    if question.reader is None or not failed.generated or failed.verdict is not CallVerdict.TRANSIENT:
        return None
    refused = Completion(text=failed.generated, place=FAILED_GENERATION)
    return refused if why_unreadable(question.reader, [refused], question.private) is None else None


async def repaired(
    model: Model, question: Question, unreadable: Completion, reason: str, budget: Budget
) -> tuple[Completion, ...]:
    """Ask the same question once more, with what was wrong with the first answer. Raises CallFailed."""
    again = replace(
        question,
        messages=[
            *question.messages,
            {"role": "assistant", "content": unreadable.text},
            {"role": "user", "content": _REPAIR.format(reason=reason.rstrip("."))},
        ],
        parameters=question.parameters.model_copy(update={"samples": 1}),
        samples=1,
        drawn=0,
        got=Got(),
    )
    answer = await completions(model, again, budget)
    question.structured = again.structured
    return answer


def why_unreadable(labeler: Labeler, answers: Sequence[Completion], fields: Mapping[str, str]) -> str | None:
    """Return why the answers to a record with these fields give no labels; None if they do."""
    problem = labeler.label(answers, fields).problem
    return None if problem is None else problem.detail


def _not_usable(answer: Answer, question: Question) -> CallFailed:
    if answer.of_reason(REFUSED):
        return CallFailed(ErrorKind.REFUSAL, CallVerdict.PERMANENT, "the model refused to answer", status=200)
    if answer.of_reason(CUT):
        message = f"the answer was cut at {question.max_tokens} tokens"
        return CallFailed(ErrorKind.TRUNCATED, CallVerdict.PERMANENT, message, status=200)
    message = "the provider's content filter cut the answer"
    return CallFailed(ErrorKind.CONTENT_FILTER, CallVerdict.PERMANENT, message, status=200)
