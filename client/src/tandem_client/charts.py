"""Charts of reports as Altair charts, whose specs (`chart.to_dict()`) are plain Vega-Lite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

from tandem_client.errors import TandemError
from tandem_client.frames.extras import need

if TYPE_CHECKING:
    import altair as alt

    Chart: TypeAlias = alt.Chart | alt.LayerChart

    from tandem_client.quality import Evaluation, JobReport, TaskReport

ChartKind = Literal["outcomes", "labels", "confidence", "reliability", "confusion"]


def chart_of(report: JobReport, kind: ChartKind, *, task: str | None = None) -> Chart:
    """Draw the chart. Raises TandemError for a kind or a task that is not there, or without values to draw."""
    altair = need("altair", "A chart")
    if kind == "outcomes":
        counts = report.counts.model_dump(include={"labeled", "invalid", "failed", "not_run"})
        return _bars(altair, counts, "outcome", "Outcomes")
    part = _task(report, task)
    if kind == "labels":
        return _bars(altair, {each.label: each.count for each in part.labels}, "label", f"Labels of {part.task}")
    if kind == "confidence":
        return _histogram(altair, part)
    if kind == "reliability":
        return _reliability(altair, part)
    if kind == "confusion":
        return _confusion(altair, part)
    raise TandemError(
        "No such chart",
        type="no-such-chart",
        detail=f"There is no chart {kind!r}",
        cure=f"Ask for one of {', '.join(get_args(ChartKind))}.",
    )


def _task(report: JobReport, name: str | None) -> TaskReport:
    found = next((each for each in report.tasks if name in (None, each.task)), None)
    if found is None:
        raise TandemError(
            "No such task",
            type="no-such-task",
            detail=f"The report has no task {name!r}",
            cure=f"Name one of {', '.join(each.task for each in report.tasks)}.",
        )
    return found


def _judged(part: TaskReport) -> tuple[str, Evaluation]:
    """Return what labels are held against: what people decided, else the gold values."""
    for name, found in (("verified labels", part.verified), ("gold labels", part.gold)):
        if found is not None and found.compared:
            return name, found
    raise TandemError(
        "Nothing to compare with",
        type="nothing-known",
        detail=f"No record of {part.task!r} has a label that is known to be right",
        cure="Import gold values or review some records first.",
    )


def _bars(altair: Any, counts: dict[str, int], name: str, title: str) -> Chart:
    values = [{name: label, "records": count} for label, count in counts.items()]
    encoding = {
        "x": altair.X("records:Q", title="records"),
        "y": altair.Y(f"{name}:N", sort="-x", title=None),
        "tooltip": [f"{name}:N", "records:Q"],
    }
    return cast("Chart", altair.Chart(altair.Data(values=values), title=title).mark_bar().encode(**encoding))


def _histogram(altair: Any, part: TaskReport) -> Chart:
    values = [
        {"from": place / 10, "to": (place + 1) / 10, "labels": count}
        for place, count in enumerate(part.confidence.histogram)
    ]
    encoding = {
        "x": altair.X("from:Q", bin="binned", title="confidence", scale=altair.Scale(domain=[0, 1])),
        "x2": "to",
        "y": altair.Y("labels:Q", title="labels"),
        "tooltip": ["from:Q", "to:Q", "labels:Q"],
    }
    title = f"Confidence of {part.task}"
    return cast("Chart", altair.Chart(altair.Data(values=values), title=title).mark_bar().encode(**encoding))


def _reliability(altair: Any, part: TaskReport) -> Chart:
    against, found = _judged(part)
    values = [each.model_dump() for each in found.reliability.bins if each.count]
    unit = altair.Scale(domain=[0, 1])
    points = (
        altair.Chart(altair.Data(values=values))
        .mark_line(point=True)
        .encode(
            x=altair.X("confidence:Q", title="mean confidence", scale=unit),
            y=altair.Y("accuracy:Q", title=f"share right, by {against}", scale=unit),
            tooltip=["confidence:Q", "accuracy:Q", "count:Q"],
        )
    )
    ends = altair.Data(values=[{"confidence": 0, "accuracy": 0}, {"confidence": 1, "accuracy": 1}])
    line = altair.Chart(ends).mark_line(strokeDash=[4, 4], color="gray").encode(x="confidence:Q", y="accuracy:Q")
    error = "" if found.reliability.error is None else f" (calibration error {found.reliability.error:.3f})"
    return cast("Chart", altair.layer(line, points).properties(title=f"Reliability of {part.task}{error}"))


def _confusion(altair: Any, part: TaskReport) -> Chart:
    against, found = _judged(part)
    table = {} if found.confusion is None else found.confusion.table()
    values = [
        {"right": right, "given": given, "records": count}
        for right, row in table.items()
        for given, count in row.items()
    ]
    encoding = {
        "x": altair.X("given:N", title="the model's label"),
        "y": altair.Y("right:N", title=against),
        "color": altair.Color("records:Q"),
        "tooltip": ["right:N", "given:N", "records:Q"],
    }
    title = f"Confusion of {part.task}"
    return cast("Chart", altair.Chart(altair.Data(values=values), title=title).mark_rect().encode(**encoding))
