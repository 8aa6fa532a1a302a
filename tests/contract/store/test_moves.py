"""The table of a job's moves, walked against the real store: each move from each state."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import product

import pytest

from builders import a_job_document
from tandem.events import JobState
from tandem.jobs.moves import (
    ASK_ANEW,
    CANCEL,
    CHANGE_SETTINGS,
    COMPLETE,
    GO,
    GO_ON,
    MOVES,
    NOTE,
    PASS_CANARY,
    PAUSE,
    RESUME,
    RUN_AGAIN,
    TAKE_OVER,
    WAIT,
    Move,
    Mover,
)
from tandem.settings import MongoSettings
from tandem.store.database import Database, utcnow
from tandem.store.jobs.dispatch_writer import JobDispatchWriter, LeaseLostError, WalkProgress
from tandem.store.jobs.documents import JobDocument, LeasePart, first_dispatch, first_pass
from tandem.store.jobs.reader import JobReader
from tandem.store.jobs.writer import JobWriter

PROGRESS = WalkProgress(
    cursor=9,
    low=9,
    totals={"labeled": 9, "invalid": 0, "failed": 0, "needs_review": 0},
    asks={},
    asked_epoch=7,
    rate_per_second=1.0,
)
Make = Callable[[Database, JobDocument], Awaitable[object]]


def of_person(move: Move) -> Make:
    return lambda database, job: JobWriter(database).move(job["_id"], move, reason="By Ada.")


def of_dispatcher(make: Callable[[JobDispatchWriter, str], Awaitable[object]]) -> Make:
    return lambda database, job: make(JobDispatchWriter(database, holder="d"), job["_id"])


async def run_again(database: Database, job: JobDocument) -> object:
    first = first_pass(created_at=utcnow(), created_by="Ada", created_by_id="ada")
    return await JobWriter(database).run_again(job, [first, {**first, "attempt": 2}], budget_usd=None)


async def take_over(database: Database, job: JobDocument) -> object:
    return await JobDispatchWriter(database, holder="another").acquire(job["_id"], seconds=9)


MADE: dict[Move, Make] = {
    PAUSE: of_person(PAUSE),
    RESUME: of_person(RESUME),
    CANCEL: of_person(CANCEL),
    RUN_AGAIN: run_again,
    CHANGE_SETTINGS: lambda database, job: JobWriter(database).change(job["_id"], {"budget_usd": 2.0, "weight": 3.0}),
    GO: of_person(GO),
    COMPLETE: of_dispatcher(lambda writer, job_id: writer.complete(job_id, epoch=7, progress=PROGRESS)),
    WAIT: of_dispatcher(lambda writer, job_id: writer.wait(job_id, epoch=7, reason="No quota.")),
    GO_ON: of_dispatcher(lambda writer, job_id: writer.go_on(job_id, epoch=7)),
    NOTE: of_dispatcher(lambda writer, job_id: writer.set_note(job_id, epoch=7, reason="Without examples.")),
    PASS_CANARY: of_dispatcher(lambda writer, job_id: writer.pass_canary(job_id, epoch=7)),
    ASK_ANEW: of_dispatcher(lambda writer, job_id: writer.ask_anew(job_id, epoch=7)),
    TAKE_OVER: take_over,
}


def test_the_table_is_whole() -> None:
    assert set(MADE) == set(MOVES)
    for move in MOVES:
        assert move.starts
        assert move.to is None or move.allows(move.to) or move.to not in move.starts
    ended = {state for state in JobState if not state.is_live}
    assert {move.name for move in MOVES if ended & set(move.starts)} == {"run again", "take over"}


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    yield database
    database.close()


async def test_each_move_is_made_from_its_states_alone(database: Database) -> None:
    for move, state in product(MOVES, JobState):
        await _try(database, move, state)


async def _try(database: Database, move: Move, state: JobState) -> None:
    job_id = f"{move.name} from {state}"
    taken_over = move is TAKE_OVER  # from a holder whose lease has run out
    lease: LeasePart = {"holder": "d", "until": utcnow().replace(year=2000 if taken_over else 2100)}
    job = a_job_document(
        job_id,
        size=9,
        state=state.value,
        state_reason="as it was",
        revision=3,
        epoch=7,
        dispatch={**first_dispatch(0), "lease": lease},
        started_at=None,
        finished_at=None if state.is_live else utcnow(),
    )
    await database["jobs"].insert_one(dict(job))
    before = await JobReader(database).get(job_id)
    try:
        made = await MADE[move](database, job)
    except LeaseLostError:
        made = None
    else:
        made = made is not None or move is COMPLETE
    after = await JobReader(database).get(job_id)
    assert after is not None
    if not move.allows(state):
        assert not made, job_id
        assert after == before, job_id
        return
    assert made, job_id
    assert after["state"] == (move.to or state), job_id
    assert after["epoch"] == 7 + move.new_epoch, job_id
    assert after["revision"] == 3 + (not taken_over), job_id
    assert (after["finished_at"] is None) == JobState(after["state"]).is_live, job_id


async def test_nobody_makes_a_dispatchers_move_for_it(database: Database) -> None:
    for move in MOVES:
        if move.by is Mover.DISPATCHER:
            with pytest.raises(ValueError, match="dispatcher"):
                await JobWriter(database).move("j", move, reason=None)
