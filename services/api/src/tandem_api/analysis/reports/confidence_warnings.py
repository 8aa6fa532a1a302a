"""Warnings of a report: confidence that says nothing, or says it in reverse, must not choose what people see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tandem.quality.calibration import ReliabilitySums

LEAST_LABELS = 50
"""With fewer labels no warning is given."""
LARGE_ERROR = 0.2
"""Expected calibration error from which on a threshold means something else than it says."""


def confidence_warnings(
    gold: ReliabilitySums, verified: ReliabilitySums, histogram: Sequence[int], *, stated: bool = False
) -> list[str]:
    """Return what is wrong with the confidence of one task, each with what to do.

    `gold` and `verified`: confidence against the values that came with the records, and against people's decisions;
    the first is looked at where there are enough of them. `histogram`: all labels with a confidence, in ten bins.
    `stated`: the model said its confidence in words; what it says is often one of two numbers.
    """
    judged = next((each for each in (gold, verified) if sum(each.counts) >= LEAST_LABELS), None)
    if judged is not None:
        against = "gold values" if judged is gold else "people's decisions"
        return [*_against_known(judged, against), *(_two_values(histogram) if stated else ())]
    return [*_all_alike(histogram), *(_two_values(histogram) if stated else ())]


def _against_known(judged: ReliabilitySums, against: str) -> Iterator[str]:
    ranking, calibration = judged.ranking(), judged.calibration()
    if ranking is not None and ranking.low <= 0.5:
        said = (
            "is higher for wrong labels than for right ones"
            if ranking.high < 0.5
            else "does not separate right labels from wrong ones"
        )
        yield (
            f"Confidence {said}: AUC {ranking.area:.2f} (95 % interval {ranking.low:.2f} to {ranking.high:.2f}) "
            f"over {calibration.count} labels compared with {against}. Do not choose records for review by it: review "
            "a random sample, or use an agent with another confidence_strategy (agreement) or another model."
        )
    if calibration.error is not None and calibration.error >= LARGE_ERROR:
        mean = sum(judged.confidences) / calibration.count
        accuracy = sum(judged.right) / calibration.count
        yield (
            f"Confidence is off by {calibration.error:.2f} on average: {mean:.0%} where {accuracy:.0%} of "
            f"{calibration.count} labels are right, compared with {against}. A threshold does not mean what it says: "
            "choose it from the reliability table."
        )


def _two_values(histogram: Sequence[int]) -> Iterator[str]:
    """Warn of confidences that lie in two bins: every threshold takes one of two groups, or all, or nothing."""
    bins = len(histogram)
    groups = [(index, count) for index, count in enumerate(histogram) if count]
    if sum(histogram) >= LEAST_LABELS and len(groups) == 2:
        (low, fewer), (high, more) = groups
        yield (
            f"The model states hardly more than two confidences: {fewer} labels have one of {low / bins:.1f} to "
            f"{(low + 1) / bins:.1f}, {more} one of {high / bins:.1f} to {(high + 1) / bins:.1f}. They do not rank "
            "records within a group. Use the confidence strategy `token_probability`, or `agreement` with several "
            "samples."
        )


def _all_alike(histogram: Sequence[int]) -> Iterator[str]:
    total = sum(histogram)
    filled = [index for index, count in enumerate(histogram) if count]
    if total >= LEAST_LABELS and len(filled) == 1:
        low, high = filled[0] / len(histogram), (filled[0] + 1) / len(histogram)
        yield (
            f"All {total} confidences lie between {low:.1f} and {high:.1f}, and nothing shows yet whether they are "
            "right: a threshold cannot choose among them. Verify a random sample, or import gold values."
        )
