"""Reports and comparisons as lines and tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from tandem_client.quality import (
    Anchored,
    ComparedTask,
    Comparison,
    Contest,
    Difference,
    Evaluation,
    JobReport,
    ReviewCount,
    TaskReport,
)
from tandem_client.reviewing import Campaign

_SHOWN_LABELS = 20
_SHOWN_REASONS = 12
_MOST_COLUMNS = 10
DOMINANT = 0.8
"""Share of one label from which on kappa misleads, and Gwet's AC1 is shown beside it."""


def report_lines(report: JobReport) -> Iterator[str]:
    counts = report.counts
    ended = counts.labeled + counts.invalid + counts.failed
    yield (
        f"{report.state}, {ended} of {ended + counts.not_run} records: {counts.labeled} labeled, "
        f"{counts.invalid} invalid, {counts.failed} failed; {counts.needs_review} to review, {report.verified} verified"
    )
    if report.review:
        yield f"to review: {', '.join(_asked_for(each) for each in report.review[:_SHOWN_REASONS])}"
    if report.no_confidence:
        yield report.no_confidence
    if report.rules:
        yield f"read by: {_counted(report.rules)}"
    if report.reasons:
        yield f"not labeled: {_counted(report.reasons)}"
    for answer in report.invalid_answers[:3]:
        said = f": {answer.answer[:80]!r}" if answer.answer else ""
        yield f"  {answer.count} x {answer.reason}{said}, e.g. record {answer.seq}"
    total = report.cost.total
    price = "price unknown" if total.amount is None else f"{total.amount:.4f} USD"
    tokens = total.prompt_tokens + total.completion_tokens
    yield f"{tokens} tokens in {total.calls} calls ({total.retries} retries), {price}"
    if report.seconds.p50 is not None and report.seconds.p95 is not None:
        rate = "" if report.records_per_second is None else f", {report.records_per_second:.1f} records a second"
        seconds = report.seconds
        most = "" if seconds.p99 is None else f", {seconds.p99:.2f} s at the 99th"
        yield f"{seconds.p50:.2f} s at the median, {seconds.p95:.2f} s at the 95th percentile{most}{rate}"


def _asked_for(each: ReviewCount) -> str:
    where = f"{each.task}: " if each.task else ""
    return f"{each.records} {where}{each.reason.replace('_', ' ')}"


def labels_table(task: TaskReport) -> Table:
    table = Table("label", "count", "share", box=None)
    whole = sum(label.count for label in task.labels) or 1
    for label in sorted(task.labels, key=lambda each: -each.count)[:_SHOWN_LABELS]:
        table.add_row(escape(label.label), str(label.count), f"{label.count / whole:.1%}")
    return table


def value_lines(task: TaskReport) -> Iterator[str]:
    """Yield the lines on values that no table of labels holds: numbers, texts, labels or spans per record."""
    if (number := task.number) is not None and number.get("mean") is not None:
        yield f"{number['smallest']:g} to {number['largest']:g}, {number['mean']:.4g} on average"
    if (text := task.text) is not None:
        about = "" if text["distinct_is_exact"] else "about "
        yield f"{about}{text['distinct']:,} different texts of {text['mean_length']:.0f} characters on average"
        for each in [each for each in text["top"] if each["count"] > 1][:3]:
            yield f"  {each['count']} x {each['text'][:80]!r}"
    if task.per_record:
        what = "spans" if task.kind == "span" else "labels"
        yield f"{what} a record: " + ", ".join(
            f"{each['number']} ({each['records']:,} x)" for each in task.per_record[:8]
        )


def evaluation_lines(task: TaskReport) -> Iterator[str]:
    confidence = task.confidence
    if confidence.mean is not None:
        tenths = " ".join(map(str, confidence.histogram))
        yield f"confidence {confidence.mean:.3f} on average; {confidence.without_confidence} labels have none"
        yield f"labels by tenths of confidence, from 0 to 1: {tenths}"
    for warning in confidence.warnings:
        yield f"warning: {warning}"
    for words, found in (("gold values", task.gold), ("what people decided", task.verified)):
        if found is not None:
            yield f"against {words}: {evaluation(found)}"
    if task.verified is not None and task.verified_shown:
        yield (
            f"people saw the model's label in {task.verified_shown:,} of {task.verified.known:,} decisions: whoever "
            "sees a label tends to keep it, so this says at most how often the model is right"
        )


def correction_lines(task: TaskReport) -> Iterator[str]:
    """Yield what blind decisions say of the confidence, and how far they correct it."""
    if (found := task.correction) is None:
        return
    before, after = found.before.error or 0.0, found.after.error or 0.0
    loss, stated = min(found.losses.values()), found.losses.get("as stated", 0.0)
    yield (
        f"corrected by {found.decisions:,} blind decisions ({found.wrong:,} wrong labels), by {found.score}: "
        f"calibration error {before:.3f} before, {after:.3f} after; log loss {stated:.3f} before, {loss:.3f} after "
        "(cross-fitted)"
    )


def anchoring_lines(task: TaskReport) -> Iterator[str]:
    """Yield how much more often people keep a label that they see, overall and reader by reader."""
    if (found := task.anchoring) is None:
        return
    yield f"anchoring: {_anchored(found.overall)}"
    for reader in found.readers if len(found.readers) > 1 else ():
        yield f"  {reader.name or reader.person_id}: {_anchored(reader)}"
    if not found.enough:
        yield "  with fewer than 250 decisions in each arm this is a rough figure"


def _anchored(found: Anchored) -> str:
    said = f"label kept in {found.shown_kept:,} of {found.shown:,} decisions that saw it, {found.blind_kept:,} of "
    said += f"{found.blind:,} blind"
    if found.difference is None or found.difference_low is None or found.difference_high is None:
        return said
    low, high = 100 * found.difference_low, 100 * found.difference_high
    return f"{said}: {100 * found.difference:+.1f} points ({low:+.1f} to {high:+.1f})"


def confusion_table(found: Evaluation) -> Table | None:
    """Return a table of given labels by the right ones; None where those are unknown, or the table is too wide."""
    matrix = found.confusion
    if matrix is None or not 0 < len(matrix.labels) <= _MOST_COLUMNS:
        return None
    table = Table("right / given", *map(escape, matrix.labels), box=None)
    counts = matrix.table()
    for truth in matrix.labels:
        row = counts.get(truth, {})
        table.add_row(escape(truth), *(str(row.get(given, 0)) for given in matrix.labels))
    return table


def reliability_table(found: Evaluation) -> Table | None:
    """Return a table of how often labels of about one confidence are right; None where none has a confidence."""
    bins = [each for each in found.reliability.bins if each.count]
    if not bins:
        return None
    table = Table("confidence", "labels", "said", "right", box=None)
    for each in bins:
        said, right = each.confidence or 0.0, each.accuracy or 0.0
        table.add_row(f"{each.lower:.1f} to {each.upper:.1f}", str(each.count), f"{said:.1%}", f"{right:.1%}")
    return table


def evaluation(found: Evaluation) -> str:
    """e.g. '81.2% of 500 right (77.5% to 84.4%), macro-F1 0.801, calibration error 0.032'."""
    if found.accuracy is None:
        return f"none of {found.known} records has a label"
    parts = [f"{found.accuracy:.1%} of {found.compared} right"]
    if found.accuracy_low is not None and found.accuracy_high is not None:
        parts[0] += f" ({found.accuracy_low:.1%} to {found.accuracy_high:.1%})"
    for words, value in (
        ("macro-F1", found.macro_f1),
        ("kappa", found.kappa if _dominated(found.largest_share) else None),
        ("AC1", found.ac1 if _dominated(found.largest_share) else None),
        ("overlap F1", found.overlap_f1),
        ("mean absolute error", found.mean_absolute_error),
        ("calibration error", found.reliability.error),
    ):
        if value is not None:
            parts.append(f"{words} {value:.3f}")
    return ", ".join(parts)


def _dominated(largest_share: float | None) -> bool:
    """Return whether one label is so frequent that kappa says little."""
    return largest_share is not None and largest_share >= DOMINANT


def task_line(task: ComparedTask) -> str:
    """e.g. 'all 2 agree on 71.2% of 500; they differ on 144; Krippendorff's alpha 0.551 (nominal)'."""
    parts = []
    if task.agreement is not None:
        parts.append(f"all {len(task.agents)} agree on {task.agreement:.1%} of {task.by_all}")
    parts.append(f"they differ on {task.differing}")
    alpha = "not defined, all labels are the same" if task.alpha is None else f"{task.alpha:.3f}"
    return "; ".join([*parts, f"Krippendorff's alpha {alpha} ({task.alpha_distance})"])


def agents_table(found: Comparison, task: ComparedTask) -> Table:
    return _table(
        {
            "agent": job.name,
            "labeled": str(agent.labeled),
            "confidence": _number(agent.mean_confidence),
            "right, gold": _right(agent.gold),
            "right, verified": _right(agent.verified),
            "USD per 1000": _number(job.usd_per_1000, 4),
            "median s": _number(job.seconds.p50, 2),
        }
        for job, agent in zip(found.jobs, task.agents, strict=True)
    )


def agent_lines(found: Comparison, task: ComparedTask) -> Iterator[str]:
    """Yield each agent's whole evaluation, against gold values and against people's decisions."""
    for job, agent in zip(found.jobs, task.agents, strict=True):
        for words, known in (("gold values", agent.gold), ("what people decided", agent.verified)):
            if known is not None:
                yield f"{job.name}, against {words}: {evaluation(known)}"


def pairs_table(found: Comparison, task: ComparedTask) -> Table:
    names = {job.job_id: job.name for job in found.jobs}
    return _table(
        {
            "first": names[pair.first],
            "second": names[pair.second],
            "agree": "" if pair.agreement is None else f"{pair.agreement:.1%} of {pair.compared}",
            "kappa": _number(pair.kappa),
            "AC1": _number(pair.ac1) if _dominated(pair.largest_share) else "",
            "F1": _number(pair.f1),
            "mean difference": _number(pair.mean_difference),
        }
        for pair in task.pairs
    )


def campaign_lines(campaign: Campaign, names: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines that say what became of the records of a disagreement campaign."""
    task, sure_from = campaign.parameters.get("task"), campaign.parameters.get("min_confidence")
    where = f"on {task}" if task else "on some task"
    sure = "" if sure_from is None else f", all at least {sure_from:.0%} sure"
    yield f"They differ {where}{sure}: {campaign.picked:,} records."
    for job_id, queued in campaign.queues.items():
        yield f"  {queued:,} are in the review queue of {names.get(job_id, job_id)}"
    if campaign.waiting:
        yield f"  {campaign.waiting:,} were waiting for a person already"
    if campaign.decided:
        yield f"  {campaign.decided:,} are decided by people already"


def contest_lines(found: Comparison, task: ComparedTask) -> Iterator[str]:
    """Return a table of the agent that is right more often, of each pair."""
    names = {job.job_id: job.name for job in found.jobs}
    for pair in task.pairs:
        for words, known in (("gold values", pair.gold), ("what people decided", pair.verified)):
            if known is not None:
                yield f"{names[pair.first]} less {names[pair.second]}, against {words}: {contest(known)}"
                if known.warning:
                    yield f"  warning: {known.warning}"


def contest(found: Contest | None) -> str:
    """e.g. '+3.1 points (-0.4 to +6.6), p 0.08'."""
    if found is None:
        return ""
    low, high = 100 * found.difference_low, 100 * found.difference_high
    certainty = "" if found.p_value is None else f", p {found.p_value:.2g}"
    return f"{100 * found.difference:+.1f} points ({low:+.1f} to {high:+.1f}){certainty}"


def differences_table(found: Comparison, differences: Sequence[Difference]) -> Table:
    table = Table("record", *(escape(job.name) for job in found.jobs), "known", "begins", box=None)
    for each in differences:
        known = each.verified if each.verified is not None else each.gold
        said = [_said(one.value, one.confidence) for one in each.said]
        table.add_row(escape(each.record_id), *said, escape(_short(known)), escape((each.excerpt or "")[:60]))
    return table


def _table(rows: Iterable[dict[str, str]]) -> Table:
    """Without the columns in which nothing stands."""
    shown = list(rows)
    table = Table(box=None)
    columns = [name for name in (shown[0] if shown else ()) if any(row[name] for row in shown)]
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in shown:
        table.add_row(*(escape(row[name]) for name in columns))
    return table


def _right(found: Evaluation | None) -> str:
    return "" if found is None or found.accuracy is None else f"{found.accuracy:.1%} of {found.compared}"


def _said(value: Any, confidence: float | None) -> str:
    return escape(_short(value) + ("" if confidence is None else f" {confidence:.2f}"))


def _short(value: Any) -> str:
    if isinstance(value, list | tuple):
        parts = [part["text"] if isinstance(part, dict) else str(part) for part in value]
        return ", ".join(parts)[:40] or "none"
    return "" if value is None else str(value)[:40]


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in list(counts.items())[:8])


def _number(value: float | None, digits: int = 3) -> str:
    return "" if value is None else f"{value:.{digits}f}"
