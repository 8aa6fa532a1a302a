"""Find the jobs that keep others' requests from being taken in hand. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from tandem_llm_worker.answering.in_hand import InHand


def find_crowding(
    in_hand: Collection[InHand], *, hands: int, jobs: Collection[str], before: Mapping[str, int], late: float
) -> dict[str, int]:
    """Find the jobs that keep others out: all hands are full, such a job holds more than its part of them waiting,
    since before `late`, and another job has less than its part in hand. Return what each may hold waiting.

    Hands that are full of what flows are as they should be. `in_hand`: in the order in which they came. `jobs`: those
    that run. `before`: what was found the last time, which holds until half of the hands are free.
    """
    if len(in_hand) < hands:
        return dict(before) if len(in_hand) >= hands // 2 else {}
    part = max(1, hands // max(1, len(jobs)) // 2)
    by_job = Counter(each.request.job_id for each in in_hand)
    if all(by_job[job] >= part for job in jobs):
        return dict(before)
    waiting: Counter[str] = Counter()
    oldest: dict[str, float] = {}
    for each in in_hand:
        if not each.started:
            waiting[each.request.job_id] += 1
            oldest.setdefault(each.request.job_id, each.since)
    found = {job for job, count in waiting.items() if count > part and oldest[job] < late}
    return dict.fromkeys(found | before.keys(), part)
