"""The summary of a record's opinions in its annotation: what the rule found, for whoever reports it."""

from __future__ import annotations

from tandem.events import SettledPart
from tandem.review import RecordState
from tandem.store.annotations.documents import AnnotationDocument, OpinionsPart


def opinions_part(found: SettledPart, revision: int) -> OpinionsPart:
    """Return the summary of what the rule found. The tasks are left out where they say nothing beyond the record."""
    part: OpinionsPart = {
        "revision": revision,
        "number": found.opinions,
        "people": list(found.people),
        "settled_by": list(found.settled_by),
        "state": found.state,
    }
    if found.opinions > 1:
        part["tasks"] = {
            name: task.model_dump(mode="json", include={"state", "why", "by"}) for name, task in found.tasks.items()
        }
    return part


def old_decision_part(holds: bool, person_id: str | None, revision: int) -> OpinionsPart:
    """Return the summary of a decision that an older version made: it was the only opinion, or it was undone."""
    people = [person_id] if holds and person_id is not None else []
    state = RecordState.SETTLED if holds else RecordState.OPEN
    return {"revision": revision, "number": int(holds), "people": people, "settled_by": people, "state": state.value}


def opinions_of(annotation: AnnotationDocument) -> OpinionsPart | None:
    """Return the summary of the record's opinions; None where nobody ever gave one.

    A replica of an older version applies decisions without it. What is stored then belongs to an older revision, and
    the decision beside it counts.
    """
    revision = annotation.get("verification_revision")
    if revision is None:
        return None
    part = annotation.get("opinions")
    if part is not None and part["revision"] == revision:
        return part
    verification = annotation.get("verification")
    person_id = None if verification is None else verification.get("decided_by_id")
    return old_decision_part(verification is not None, person_id, revision)
