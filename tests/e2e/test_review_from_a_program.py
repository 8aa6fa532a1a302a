"""A program reviews as a person does on the page: queues, reservations, decisions, undo, opinions on any record."""

from __future__ import annotations

import pytest

from reviewing import eventually
from stacks import RunningStack, queued
from tandem_client import AsyncTandem, SingleChoice, TandemError
from tandem_client.expressions import field, needs_review, text

pytestmark = pytest.mark.timeout(300)

RECORDS = 12


async def test_a_program_takes_items_decides_and_takes_back(running_stack: RunningStack) -> None:
    tandem = running_stack.tandem
    job = tandem.jobs.wait(running_stack.start_job(limit=RECORDS, review_threshold=1.0).id, timeout=120)
    eventually(lambda: queued(running_stack, job) == job.counts.needs_review, "the queue takes all in")
    key = tandem.access.create_key(name="program", role="annotator").token
    async with AsyncTandem(running_stack.ui_url, key) as reader:
        assert (await reader.access.who_am_i()).role == "annotator"
        queue = next(each for each in await reader.review_queues.list() if each.job_id == job.id)
        assert queue.open == job.counts.needs_review
        first, second, third = await reader.review_queues.reserve(job.id, limit=3)

        confirmed = await reader.review_queues.decide(first)
        assert (confirmed.kind, confirmed.values) == ("confirmed", first.suggested)
        task = second.tasks[0]
        assert isinstance(task, SingleChoice)
        other = next(each.value for each in task.options if each.value != second.suggested[task.name])
        corrected = await reader.review_queues.decide(second, {task.name: other}, comment="twice")
        assert (corrected.kind, corrected.open) == ("corrected", queue.open - 2)
        assert [each.item_id for each in await reader.review_queues.history(job.id)] == [second.item_id, first.item_id]
        again = await reader.review_queues.undo(second.item_id)
        assert (again.item_id, again.suggested) == (second.item_id, second.suggested)
        renewed = await reader.review_queues.renew(again)
        assert renewed.reserved_until >= again.reserved_until
        await reader.review_queues.skip(third)
        assert await reader.review_queues.release(renewed)
        with pytest.raises(TandemError):
            await reader.review_queues.decide(renewed)

        # Any record, whether or not somebody was asked for.
        opened = await reader.decisions.open(job.id, third.record_id)
        assert (await reader.decisions.open_at(job.id, third.seq)).record_id == opened.record_id
        said = await reader.decisions.give(opened, {task.name: other}, comment="by hand")
        assert said.settled is not None
        assert (said.settled.state, said.settled.values) == ("settled", {task.name: other})
        assert (await reader.decisions.opinions(job.id, third.seq)).opinions[-1].comment == "by hand"
        taken_back = await reader.decisions.withdraw(job.id, third.seq)
        assert not any(each.stands for each in taken_back.opinions)


def test_choices_of_records_are_combined_counted_saved_and_run(running_stack: RunningStack) -> None:
    tandem = running_stack.tandem
    job = tandem.jobs.wait(running_stack.start_job(limit=RECORDS, review_threshold=1.0).id, timeout=120)
    everything = tandem.datasets.get(job.dataset_id)
    waiting = job.where(needs_review)
    half = job.where(field("confidence") < 0.5).count().records
    unsure = job.where(field("confidence") < 0.5)
    assert str(waiting | unsure) == "((needs_review) | (confidence < 0.5))"
    assert (waiting | unsure).count() == waiting.count().records
    assert (waiting & unsure).count() == half
    assert (waiting - unsure).count() == waiting.count().records - half
    assert (~waiting).count() == everything.record_count - waiting.count().records
    saved = (waiting - everything.find(text.contains("nothing says this"))).save(f"waiting of {job.id}")
    assert saved.size == waiting.count().records
    assert (saved - saved).count() == 0
    assert tandem.subsets.find(job.dataset_id, saved.name) == saved
    again = tandem.agents.get(job.agent_id).run(saved, name="over a subset").wait(timeout=120)
    assert (again.size, again.state) == (saved.size, "completed")
    record = next(tandem.datasets.records(job.dataset_id))
    assert tandem.datasets.record(job.dataset_id, record.seq) == record
    assert tandem.jobs.annotation_at(job.id, record.seq).record_id == record.record_id
