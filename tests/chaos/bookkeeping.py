"""Compares what the system says with what happened: counts with annotations, costs with the provider's ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from pymongo.database import Database

from .people import Made

Rows = Sequence[dict[str, Any]]
Key = tuple[str, str]
"""Model and record."""

LOST_SECONDS = 2.0
"""What a worker was answered so long before it was killed may be unknown to everyone else."""
UNREAD_SECONDS = 20.0
"""The longest that faults keep the postprocessors from reading an answer."""


def counts_differ(mongo: Database[dict[str, Any]], job: dict[str, Any], *, cancelled: bool = False) -> list[str]:
    """Say where the counts of a job that is over differ from its annotations and its size."""
    fields = {"seq": 1, "outcome": 1, "needs_review": 1, "verification": 1}
    found = list(mongo["annotations"].find({"job_id": job["id"]}, fields))
    outcomes = Counter(each["outcome"] for each in found)
    counts = job["counts"]
    size = len(found) if cancelled else job["size"]
    expected = {
        "state": "cancelled" if cancelled else "completed",
        "annotations": size,
        "records": size,
        "labeled": outcomes["labeled"],
        "invalid": outcomes["invalid"],
        "failed": 0,
        "not_run": job["size"] - size,
        "sum": size,
        "needs_review": sum(each["needs_review"] and "verification" not in each for each in found),
    }
    said = {
        "state": job["state"],
        "annotations": len(found),
        "records": len({each["seq"] for each in found}),
        **{name: counts[name] for name in ("labeled", "invalid", "failed", "not_run", "needs_review")},
        "sum": counts["labeled"] + counts["invalid"] + counts["failed"],
    }
    return [f"job {job['name']}: {n} is {said[n]}, not {expected[n]}" for n in expected if said[n] != expected[n]]


def money_differs(
    mongo: Database[dict[str, Any]],
    jobs: Rows,
    costs: Rows,
    ledger: Rows,
    *,
    kills: Sequence[tuple[float, float]],
    losses: Sequence[tuple[float, float]],
    outages: Sequence[tuple[float, float]],
    price: dict[str, float],
) -> list[str]:
    """Say where the jobs' costs differ from the ledger, record by record.

    The only calls that the system may not know of are those of a killed worker, answered shortly before it was killed
    or since the broker took nothing in, and those whose answers were on the broker alone when it lost its data.
    """
    excused = [
        *(
            (min([before, *(since for since, until in outages if since <= before <= until)]) - LOST_SECONDS, after)
            for before, after in kills
        ),
        *((before - UNREAD_SECONDS, after) for before, after in losses),
    ]
    faults: list[str] = []
    known = _known(mongo, [job["id"] for job in jobs])
    paid: defaultdict[Key, list[dict[str, Any]]] = defaultdict(list)
    for call in ledger:
        if call["end"] == "answered":
            paid[call["model"], call["record"]].append(call)
    for key in known.keys() | paid.keys():
        calls, told = paid[key], known.get(key, [])
        unknown = _without(calls, told)
        if unknown is None:
            faults.append(f"{key}: the system knows of {told}, the provider of {[_tokens(call) for call in calls]}")
            continue
        faults += [
            f"{key}: an answer of {call['ended_at']:.2f} (call of {call['received_at']:.2f}) is in no account; "
            f"{len(calls)} were paid"
            for call in _unexcused(unknown, calls, excused)
        ]
    for job, cost in zip(jobs, costs, strict=True):
        rows = [tokens for (model, _), all_of in known.items() if model == job["agent"]["model"] for tokens in all_of]
        prompt, completion = sum(row[0] for row in rows), sum(row[1] for row in rows)
        total = cost["total"]
        if (total["prompt_tokens"], total["completion_tokens"]) != (prompt, completion):
            faults.append(f"job {job['name']}: cost says {total}, its annotations {prompt} and {completion} tokens")
        usd = (prompt * price["input"] + completion * price["output"]) / 1e6
        if abs((total["amount"] or 0.0) - usd) > 1e-9:
            faults.append(f"job {job['name']}: cost says {total['amount']} USD, its annotations {usd}")
        if cost["reserved_usd"]:
            faults.append(f"job {job['name']}: {cost['reserved_usd']} USD are still reserved")
        if cost["budget_usd"] is not None and usd > cost["budget_usd"]:
            faults.append(f"job {job['name']}: {usd} USD are spent of a budget of {cost['budget_usd']}")
    return faults


def decisions_differ(mongo: Database[dict[str, Any]], made: Iterable[Made]) -> list[str]:
    """Say where decisions were lost, doubled, or not applied to their annotations."""
    faults: list[str] = []
    expected = {(each.job_id, each.seq): each for each in made}
    stored = list(mongo["verifications"].find())
    counted = Counter((each["job_id"], each["seq"]) for each in stored)
    faults += [f"{key} was decided {number} times" for key, number in counted.items() if number != 1]
    faults += [f"the decision on {key} is lost" for key in expected.keys() - counted.keys()]
    faults += [f"nobody made the decision on {key}" for key in counted.keys() - expected.keys()]
    applied = {
        (each["job_id"], each["seq"]): each["verification"]
        for each in mongo["annotations"].find(
            {"verification": {"$exists": True}}, {"job_id": 1, "seq": 1, "verification": 1}
        )
    }
    for key, decision in expected.items():
        verification = applied.pop(key, None)
        if verification is None:
            faults.append(f"the decision on {key} is not applied")
        elif list(verification["values"].values()) != [decision.value]:
            faults.append(f"the decision on {key} is {verification['values']}, not {decision.value}")
    faults += [f"{key} has a decision that nobody made" for key in applied]
    return faults


def queues_differ(mongo: Database[dict[str, Any]], jobs: Rows) -> list[str]:
    """Say where the review queue is not what the annotations need."""
    faults = []
    for job in jobs:
        needed = {
            each["seq"] for each in mongo["annotations"].find({"job_id": job["id"], "needs_review": True}, {"seq": 1})
        }
        queued = [each["seq"] for each in mongo["review_items"].find({"job_id": job["id"]}, {"seq": 1})]
        if len(queued) != len(set(queued)) or set(queued) != needed:
            faults.append(f"job {job['name']}: {len(queued)} are queued, {len(needed)} need a person")
    return faults


def _known(mongo: Database[dict[str, Any]], job_ids: list[str]) -> dict[Key, list[tuple[int, int]]]:
    """By model and record, prompt and completion tokens of each answer that was paid, as the system knows them."""
    known: defaultdict[Key, list[tuple[int, int]]] = defaultdict(list)
    records: dict[tuple[str, int], str] = {}
    for each in mongo["annotations"].find({"job_id": {"$in": job_ids}}):
        records[each["job_id"], each["seq"]] = each["record_id"]
        for part in [each.get("spending"), *each.get("more_spending", [])]:
            for row in part["models"] if part else ():
                known[row["model"], each["record_id"]].append((row["prompt_tokens"], row["completion_tokens"]))
    for each in mongo["handed_back"].find({"job_id": {"$in": job_ids}}):
        for row in each["models"]:
            record = records[each["job_id"], each["seq"]]
            known[row["model"], record].append((row["prompt_tokens"], row["completion_tokens"]))
    return {key: [row for row in rows if row != (0, 0)] for key, rows in known.items()}


def _tokens(call: dict[str, Any]) -> tuple[int, int]:
    return call["prompt_tokens"], call["completion_tokens"]


def _without(calls: list[dict[str, Any]], told: list[tuple[int, int]]) -> list[dict[str, Any]] | None:
    """Return the calls that the system did not tell of; None when it tells of some that were not made.

    An answer that took several calls is one row of their sum; the calls of a record are all alike here.
    """
    left = sorted(calls, key=lambda call: call["ended_at"])
    size = _tokens(left[0]) if left else (1, 1)
    number = sum(prompt for prompt, _ in told) // max(1, size[0])
    if number > len(left) or (number * size[0], number * size[1]) != (sum(p for p, _ in told), sum(c for _, c in told)):
        return None
    return left[: len(left) - number]


def _unexcused(
    unknown: list[dict[str, Any]], calls: list[dict[str, Any]], excused: Sequence[tuple[float, float]]
) -> list[dict[str, Any]]:
    """Unknown calls for which no call of the record ended, or was under way, in a time that excuses it."""

    def lost(call: dict[str, Any]) -> bool:
        return any(call["received_at"] <= until and call["ended_at"] >= since for since, until in excused)

    lost_calls = sum(map(lost, calls))
    return unknown[lost_calls:]
