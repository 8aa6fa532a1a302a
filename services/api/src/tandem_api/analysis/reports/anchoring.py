"""Anchoring: how much more often people keep a label that they see. Pure.

Within one campaign a keyed coin decides who sees the label of a record, so the two arms differ by nothing else.
Campaigns with one arm alone are left out: their records were chosen differently.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from tandem.quality.intervals import newcombe
from tandem.quality.summary import Arms
from tandem_api.analysis.reports.schemas import Anchored, Anchoring, JobReport

ENOUGH = 250
"""Decisions in each arm."""


def anchoring_of(arms: Mapping[str, Arms]) -> Anchoring | None:
    """Return the anchoring of a task from its arms by campaign and person."""
    campaigns: defaultdict[str, dict[str, Arms]] = defaultdict(dict)
    for key, counted in arms.items():
        campaign, _, person = key.rpartition("\n")
        campaigns[campaign][person] = counted
    overall = Arms()
    readers: defaultdict[str, Arms] = defaultdict(Arms)
    for people in campaigns.values():
        if not any(each.shown for each in people.values()) or not any(each.blind for each in people.values()):
            continue
        for person, counted in people.items():
            overall.add(counted)
            readers[person].add(counted)
    if not overall.shown:
        return None
    most_first = sorted(readers.items(), key=lambda item: (-item[1].shown - item[1].blind, item[0]))
    return Anchoring(
        overall=_anchored(overall),
        readers=[_anchored(counted, person) for person, counted in most_first],
        enough=min(overall.shown, overall.blind) >= ENOUGH,
    )


def person_ids(report: JobReport) -> list[str | None]:
    """Return the ids of the people that the report tells of."""
    return [reader.person_id for task in report.tasks if task.anchoring for reader in task.anchoring.readers]


def with_names(report: JobReport, names: Mapping[str, str]) -> JobReport:
    """Return the report with the present names of its people."""
    tasks = [
        each if each.anchoring is None else each.model_copy(update={"anchoring": _with_names(each.anchoring, names)})
        for each in report.tasks
    ]
    return report.model_copy(update={"tasks": tasks})


def _with_names(anchoring: Anchoring, names: Mapping[str, str]) -> Anchoring:
    readers = [each.model_copy(update={"name": names.get(each.person_id or "")}) for each in anchoring.readers]
    return anchoring.model_copy(update={"readers": readers})


def _anchored(arms: Arms, person: str | None = None) -> Anchored:
    found = newcombe(arms.shown_kept, arms.shown, arms.blind_kept, arms.blind)
    difference, low, high = found or (None, None, None)
    return Anchored(
        person_id=person,
        shown=arms.shown,
        shown_kept=arms.shown_kept,
        blind=arms.blind,
        blind_kept=arms.blind_kept,
        difference=difference,
        difference_low=low,
        difference_high=high,
    )
