"""/dead-letters"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from tandem.store.dead_letters.documents import DeadLetterState
from tandem.web import Admin, problem_responses, provided
from tandem_api.paging import After, Limit
from tandem_api.resources.dead_letters.schemas import DeadLetter, DeadLetterContent, DeadLetterFix, DeadLetterPage
from tandem_api.resources.dead_letters.service import DeadLetterService

router = APIRouter(prefix="/dead-letters", tags=["dead letters"])
Service = Annotated[DeadLetterService, provided(DeadLetterService)]
Word = Annotated[str | None, Query(max_length=200)]


@router.get("", responses=problem_responses(422))
async def list_dead_letters(
    caller: Admin,
    service: Service,
    *,
    state: DeadLetterState = DeadLetterState.OPEN,
    topic: Word = None,
    reason: Word = None,
    after: After = None,
    limit: Limit = 100,
) -> DeadLetterPage:
    """List dead letters without their content, newest first. Needs a key for all projects, as all of these do."""
    return await service.list(caller, state, topic=topic, reason=reason, after=after, limit=limit)


@router.get("/{letter_id}", responses=problem_responses(404))
async def get_dead_letter(letter_id: str, caller: Admin, service: Service) -> DeadLetterContent:
    """Return a dead letter with its content."""
    return await service.get(letter_id, caller)


@router.patch("/{letter_id}", responses=problem_responses(404, 409, 422))
async def fix_dead_letter(letter_id: str, body: DeadLetterFix, caller: Admin, service: Service) -> DeadLetterContent:
    """Change the content that a replay uses. The original is kept beside it."""
    return await service.fix(letter_id, body, caller)


@router.post("/{letter_id}/replay", responses=problem_responses(404, 409, 422))
async def replay_dead_letter(letter_id: str, caller: Admin, service: Service) -> DeadLetter:
    """Have it handled again: a request asks the model anew, any other event goes to the group that could not handle
    it."""
    return await service.replay(letter_id, caller)


@router.post("/{letter_id}/discard", responses=problem_responses(404, 409))
async def discard_dead_letter(letter_id: str, caller: Admin, service: Service) -> DeadLetter:
    """Drop the content for good."""
    return await service.discard(letter_id, caller)
