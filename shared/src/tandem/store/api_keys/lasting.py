"""Keep one admin key on which the installation can rely."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tandem.people.credentials import Credential
from tandem.store.database import Collection

LASTS = {"kind": "key", "role": "admin", "project_ids": None, "revoked": False, "expires_at": None}
"""The keys on which an installation can rely. A key that expires is none: when it does, nobody is there to refuse."""


class LastAdminKeyError(Exception):
    """Without this key, nobody could make keys any more. Its text is the id of the key or the person."""


def is_a_way_in(key: Credential, now: datetime) -> bool:
    """Say whether somebody can make keys with this key at `now`."""
    ended = key["revoked"] or (key["expires_at"] is not None and key["expires_at"] <= now)
    return key["role"] == "admin" and key["project_ids"] is None and not ended


async def rely_on_another(keys: Collection, others: Mapping[str, Any], *, session: Any) -> bool:
    """Mark a lasting admin key among `others` as the one that stays; False when there is none.

    The write on it is what two revocations at once, each of the other's, collide on.
    """
    stays = await keys.find_one_and_update({**LASTS, **others}, {"$inc": {"relied_on": 1}}, session=session)
    return stays is not None
