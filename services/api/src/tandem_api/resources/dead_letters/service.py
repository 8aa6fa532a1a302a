"""Operations on dead letters. The dispatcher copies them from their topic and publishes those that are replayed."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError

from tandem.events import AnnotationRequestedV1, JobState
from tandem.events.catalog import CATALOG, REQUESTS
from tandem.observability.logs import get_logger
from tandem.people import Caller
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.dead_letters.documents import DeadLetterDocument, DeadLetterState
from tandem.store.dead_letters.reader import DeadLetterReader
from tandem.store.dead_letters.writer import DeadLetterWriter
from tandem.web import Problem, not_found
from tandem_api.paging import cut, decode_cursor
from tandem_api.resources.dead_letters.schemas import DeadLetter, DeadLetterContent, DeadLetterFix, DeadLetterPage
from tandem_api.resources.jobs.service import JobService
from tandem_api.resources.passes.schemas import RunAgain
from tandem_api.resources.passes.service import PassService

log = get_logger(__name__)


class DeadLetterService:
    """All methods raise Problem, NotAllowedError for a caller of some projects, and StoreUnavailableError."""

    def __init__(
        self,
        *,
        reader: DeadLetterReader,
        writer: DeadLetterWriter,
        jobs: JobService,
        passes: PassService,
        annotations: AnnotationReader,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._jobs = jobs
        self._passes = passes
        self._annotations = annotations

    async def list(
        self,
        caller: Caller,
        state: DeadLetterState,
        *,
        topic: str | None,
        reason: str | None,
        after: str | None,
        limit: int,
    ) -> DeadLetterPage:
        caller.require_all_projects()
        before = None
        if after:
            at, letter_id = decode_cursor(after, str, str)
            before = (_time(at), letter_id)
        found = await self._reader.page(state, topic=topic, reason=reason, before=before, limit=limit + 1)
        page, following = cut(found, limit, lambda letter: (letter["written_at"].isoformat(), letter["_id"]))
        return DeadLetterPage(items=[DeadLetter.of(letter) for letter in page], next=following)

    async def get(self, letter_id: str, caller: Caller) -> DeadLetterContent:
        return _whole(await self._found(letter_id, caller))

    async def fix(self, letter_id: str, body: DeadLetterFix, caller: Caller) -> DeadLetterContent:
        """Change the content; only to what the topic's readers can read."""
        letter = await self._found(letter_id, caller)
        value = body.value.encode("utf-8", "replace")
        _check(letter, value)
        changed = await self._writer.change(letter_id, fixed=value, by_id=_id_of(caller))
        return _whole(self._noted("fixed", letter, changed))

    async def discard(self, letter_id: str, caller: Caller) -> DeadLetter:
        letter = await self._found(letter_id, caller)
        changed = await self._writer.discard(letter_id, by_id=_id_of(caller))
        return DeadLetter.of(self._noted("discarded", letter, changed))

    async def replay(self, letter_id: str, caller: Caller) -> DeadLetter:
        """Have it handled again. A request of a job that has ended becomes a pass over its record."""
        letter = await self._found(letter_id, caller)
        if letter["state"] != DeadLetterState.OPEN:
            raise _decided(letter)
        value = letter["fixed"] or letter["value"]
        _check(letter, value)
        if letter["topic"] == REQUESTS.name and (result := await self._run_again(value, caller)) is not None:
            changed = await self._writer.end(letter_id, result, by_id=_id_of(caller))
        else:
            changed = await self._writer.replay(letter_id, by_id=_id_of(caller))
        return DeadLetter.of(self._noted("replayed", letter, changed))

    async def _run_again(self, value: bytes, caller: Caller) -> str | None:
        """Run the record of a request again where its job has ended; None where the job still runs."""
        request = AnnotationRequestedV1.from_json(value)
        job = await self._jobs.reachable(request.job_id, caller)
        if not JobState(job["state"]).is_live:
            run = await self._passes.run_again(request.job_id, RunAgain(record_ids=[request.record_id]), caller)
            return f"Its record runs again, in pass {run.current_pass.number} of the job."
        ended = await self._annotations.ended_among(request.job_id, [request.seq], attempt=request.attempt)
        if request.seq in ended:
            raise Problem(
                409,
                "already-ended",
                f"The record has ended meanwhile: it is {ended[request.seq]}.",
                cure="Discard the letter; run the record again once the job has ended, if you want another answer.",
            )
        return None

    async def _found(self, letter_id: str, caller: Caller) -> DeadLetterDocument:
        caller.require_all_projects()
        letter = await self._reader.get(letter_id)
        if letter is None:
            raise not_found("dead letter", letter_id)
        return letter

    @staticmethod
    def _noted(verb: str, letter: DeadLetterDocument, changed: DeadLetterDocument | None) -> DeadLetterDocument:
        if changed is None:
            raise _decided(letter)
        about = {"letter_id": letter["_id"], "topic": letter["topic"], "by_id": changed["handled_by_id"]}
        log.info("dead_letters.decided", action=verb, **about)
        return changed


def _check(letter: DeadLetterDocument, value: bytes) -> None:
    """Raise a Problem where the topic's readers could not read this content."""
    event = next(topic.event for topic in CATALOG if topic.name == letter["topic"])
    assert event is not None  # noqa: S101 - letters of the topic without events are not kept
    try:
        event.from_json(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    else:
        return
    field = ".".join(str(part) for part in first["loc"])
    raise Problem(
        422,
        "unreadable-message",
        f"No reader of {letter['topic']} can read this content: {field or 'the message'}: {first['msg']}.",
        field=field or "value",
        cure="Change the content, or discard the letter.",
    )


def _whole(letter: DeadLetterDocument) -> DeadLetterContent:
    texts = {name: _text(content) for name, content in (("value", letter["value"]), ("fixed", letter["fixed"]))}
    return DeadLetterContent.of({**letter, **texts})


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "replace")


def _id_of(caller: Caller) -> str:
    return caller.person_id or ""


def _decided(letter: DeadLetterDocument) -> Problem:
    return Problem(
        409,
        "already-decided",
        "The dead letter is not open any more.",
        cure="Look at its state.",
        state=letter["state"],
    )


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem(422, "invalid-cursor", "`after` is not the `next` of an earlier page.", field="after") from error
