"""Jobs whose model refuses log-probabilities say so while they run, and when they are over."""

from __future__ import annotations

from typing import Any

from dispatch_world import WORKER, World
from tandem.events import AccountReported, ConfidenceStrategy, JobState, LabelSchemaSpec, WorkerReportedV1
from tandem.labeling.answer_format import response_format, schema_key
from tandem.testing.waiting import eventually

WORDS = "logprobs are not supported with reasoning"


def reporting(**refused: Any) -> WorkerReportedV1:
    said = AccountReported.model_validate(
        {
            "provider": "simulated",
            "model": "m",
            "refused_parameters": [{"parameter": "logprobs", "api": "chat", "message": WORDS, **refused}],
        }
    )
    return WORKER.model_copy(update={"accounts": (said,)})


async def test_a_running_job_says_that_its_labels_have_no_confidence_and_when_that_is_over(world: World) -> None:
    await world.job(40)
    document = await world.document()
    schema = LabelSchemaSpec.model_validate(document["published"]["label_schema"])
    key = schema_key(response_format(schema, ConfidenceStrategy.TOKEN_PROBABILITY))

    async def says(words: str | None) -> None:
        async def said() -> bool:
            reason = (await world.document())["state_reason"]
            return reason is None if words is None else words in (reason or "")

        await eventually(said, message=f"the job says {words}")

    async with world.running():
        world.workers[:] = [reporting(effort="", schema_key=key)]
        await says("refuses log-probabilities for m")
        told = (await world.document())["state_reason"] or ""
        revision = (await world.document())["revision"]
        world.workers[:] = [reporting(effort="low", schema_key=key)]  # of another agent
        await says(None)
        world.workers[:] = [reporting(effort="", schema_key="of another response format")]
        world.workers[:] = [WORKER]
        await world.annotate(range(40))
        await eventually(lambda: world.seen.jobs and world.seen.jobs[-1].state is JobState.COMPLETED)
    ended = await world.document()
    assert WORDS in told
    assert "so labels have no confidence" in told
    assert ended["state_reason"] is None
    assert ended["dispatch"]["without_confidence"] == told
    assert revision == 2  # told once, however often it is reported
