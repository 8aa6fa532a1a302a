"""The rule of who may see the model's values of a record. Pure: no I/O.

A record is blind for a person from the moment a blind review item asks for people until their own opinion is in, or the
record is settled without them. The rule holds for every role: in a small team the admin is a reader too. Until then no
response gives that person a value, a confidence or a reason of any job over the data set for this record: another job
may carry the same label.
"""

from __future__ import annotations

from collections.abc import Collection


def may_see_values(person_id: str, *, blind: bool, revealed: bool, seen_by: Collection[str]) -> bool:
    """Say whether this person may get the model's values of a review item's record.

    `revealed`: the record was settled at some time, and since then everybody could see them, also when an undo opened
    it again. `seen_by`: whoever ever gave an opinion on it.
    """
    return not blind or revealed or person_id in seen_by
