"""Is confidence right, before and after it is corrected by decisions, for real small models?

    uv run python bench/study_confidence.py [CORPUS.jsonl.gz]

The right labels stand for blind decisions. The figures of docs/studies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from study_answers import Asked, corpus, head, row

from tandem.events import LabelOption, SingleChoiceTask
from tandem.quality.corrected import AS_STATED, BlindDecisions, Correction, correct, scores_of
from tandem.testing.real_answers import area_under_curve

TASK = SingleChoiceTask(
    name="sentiment", options=tuple(LabelOption(value=value) for value in ("positive", "neutral", "negative"))
)


def main() -> None:
    known = [
        each
        for each in corpus()
        if each.found.gold is not None and each.found.label is not None and each.found.label.confidence is not None
    ]
    groups: dict[str, list[Asked]] = {}
    for each in known:
        found = each.found
        grammar = "grammar" if found.structured else "free"
        groups.setdefault(f"{found.model}, {found.kind.split(',')[0]}, {grammar}, {found.strategy}", []).append(each)
    print("\nReliability before and after the correction, cross-fitted\n")
    head(
        "answers", "labels", "right", "mean confidence", "AUC", "ECE before", "ECE after", "loss before", "after", "by"
    )
    fits: dict[str, Correction] = {}
    for name, members in sorted(groups.items()):
        fit = correct(decisions_of(members))
        mean = sum(_confidence(each) for each in members) / len(members)
        right = sum(each.is_right for each in members) / len(members)
        area = area_under_curve([(_confidence(each), float(each.is_right)) for each in members])
        start = (name, len(members), f"{right:.0%}", f"{mean:.2f}", "" if area is None else f"{area:.2f}")
        if fit is None:
            row(*start, "too few", "", "", "", "")
            continue
        fits[name] = fit.correction
        best = min(fit.losses, key=lambda each: fit.losses[each])
        errors = (fit.before.calibration().error or 0, fit.after.calibration().error or 0)
        figures = (*errors, fit.losses[AS_STATED], fit.losses[best])
        row(*start, *(f"{figure:.3f}" for figure in figures), best)
    transfer(groups, fits)


def transfer(groups: dict[str, list[Asked]], fits: dict[str, Correction]) -> None:
    """Print the mean log loss of a correction on answers of other agents: rows teach, columns are judged."""
    print("\nLog loss where a correction of one agent (row) is used for another (column)\n")
    names = [name for name, fit in sorted(fits.items()) if "sentiment" in name]
    head("taught by", *names)
    judged = {name: groups[name] for name in names}
    row("nothing (as stated)", *(f"{_loss(judged[name], None):.3f}" for name in names))
    for teacher in names:
        row(teacher, *(f"{_loss(judged[name], fits[teacher]):.3f}" for name in names))


def decisions_of(members: Sequence[Asked]) -> BlindDecisions:
    sums = BlindDecisions()
    places = {record_id: place for place, record_id in enumerate(sorted({each.record_id for each in members}))}
    for each in members:
        assert each.found.label is not None
        scores = scores_of(TASK, each.found.label.model_dump())
        # Answers of several wordings to one record share its place, so that none is judged by a fit to another.
        sums.see(scores, each.value, seq=places[each.record_id], is_wrong=not each.is_right)
    return sums


def _confidence(each: Asked) -> float:
    assert each.found.label is not None
    assert each.found.label.confidence is not None
    return each.found.label.confidence


def _loss(members: Sequence[Asked], fit: Correction | None) -> float:
    total = 0.0
    for each in members:
        assert each.found.label is not None
        x = scores_of(TASK, each.found.label.model_dump())
        risk = 1 - _confidence(each) if fit is None else fit.risk(str(each.value), x[fit.score])
        kept = min(1 - 1e-4, max(1e-4, risk))
        total -= math.log(1 - kept if each.is_right else kept)
    return total / len(members)


if __name__ == "__main__":
    main()
