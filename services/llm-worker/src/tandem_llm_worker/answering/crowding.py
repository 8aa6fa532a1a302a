"""Find the jobs that keep requests of other jobs from being started. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from tandem_llm_worker.answering.in_hand import InHand


def find_crowding(
    in_hand: Collection[InHand], *, in_flight_limit: int, jobs: Collection[str], before: Mapping[str, int], late: float
) -> dict[str, int]:
    """Return the crowding jobs, each with the number of waiting requests that it may hold.

    A job crowds if the in-flight limit is reached, the job holds more than its share of it as requests that have waited
    since before `late`, and another job has less than its share in flight.

    A full limit whose requests progress is as it should be. `in_hand`: in order of arrival. `jobs`: those that run.
    `before`: the previous result, which holds until half of the limit is free.
    """
    if len(in_hand) < in_flight_limit:
        return dict(before) if len(in_hand) >= in_flight_limit // 2 else {}
    part = max(1, in_flight_limit // max(1, len(jobs)) // 2)
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
