"""`tandem show`: one record of a job with all that is known of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from tandem_client.cli.jobs import JobArgument, JobProject
from tandem_client.cli.session import connected, out, the_job
from tandem_client.cli.terminal import json_for_terminals
from tandem_client.models import AnnotationDetail, AttemptDetail, Call, Decision, Label, ModelCost, Sample

_TEXT = 2000
"""Characters of a field, an answer or a value that are shown; `--json` has all."""


def show(
    job: JobArgument,
    record_id: Annotated[str, typer.Argument(help="Id of the record, as it was imported.")],
    project: JobProject = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show one record of a job: fields, labels with confidence and alternatives, the raw answer, calls, decisions."""
    with connected() as tandem:
        found = tandem.jobs.annotation(the_job(tandem, job, project).id, record_id)
    if as_json:
        typer.echo(json_for_terminals(found.model_dump_json(indent=2)))
        return
    for line in detail_lines(found):
        out.print(line, markup=False, soft_wrap=True)


def detail_lines(found: AnnotationDetail) -> Iterator[str]:
    yield f"record {found.record_id} (seq {found.seq})"
    if found.record is not None:
        yield from _pairs(found.record.fields)
        if found.record.metadata:
            yield f"  metadata: {value_text(found.record.metadata)}"
        if found.record.gold:
            yield "gold"
            yield from _pairs(found.record.gold)
    yield ""
    yield from _attempt_lines(found)
    for row in found.paid:
        yield _paid(row)
    if found.decisions:
        yield ""
        yield "decisions"
        for decision in found.decisions:
            yield f"  {decision_line(decision)}"
    for attempt in reversed(found.history):
        yield ""
        yield from _attempt_lines(attempt)


def _attempt_lines(attempt: AttemptDetail) -> Iterator[str]:
    why = f": {attempt.reason}" if attempt.reason else ""
    yield f"attempt {attempt.attempt}, {attempt.outcome}{why}, {_made_by(attempt)}"
    if attempt.detail:
        yield f"  {attempt.detail}"
    if attempt.needs_review:
        causes = ", ".join(f"{cause.task} ({_words(cause.reason)})" for cause in attempt.review_causes)
        yield f"  to review: {causes or _words(attempt.review_reason or 'asked for')}"
    for label in attempt.labels:
        yield from _label_lines(label)
    for number, sample in enumerate(attempt.samples, start=1):
        yield f"  answer {number}: {_sample(sample)}"
    for number, call in enumerate(attempt.calls, start=1):
        yield f"  call {number}: {_call(call)}"
    if attempt.raw is not None:
        yield "  raw answer:"
        yield from (f"    {line}" for line in _cut(attempt.raw).splitlines() or [""])


def _made_by(attempt: AttemptDetail) -> str:
    parts = [f"{attempt.provider} {attempt.model}".strip()]
    if attempt.sources:
        parts = [f"made of {', '.join(attempt.sources)}"]
    if attempt.fallback_used:
        parts.append("the agent's fallback model")
    if attempt.repaired:
        parts.append("asked again to repair it")
    if attempt.usage:
        parts.append(f"{attempt.usage.get('prompt_tokens', 0)} + {attempt.usage.get('completion_tokens', 0)} tokens")
    amount = (attempt.price or {}).get("amount")
    if amount is not None:
        parts.append(f"{amount:.6f} {(attempt.price or {}).get('currency', 'USD')}")
    if attempt.seconds is not None:
        parts.append(f"{attempt.seconds:.2f} s")
    return ", ".join(parts)


def _label_lines(label: Label) -> Iterator[str]:
    yield f"  {label.task}: {value_text(label.value)}"
    if label.confidence is None:
        sure = f"no confidence ({label.confidence_missing_reason or 'unknown'})"
    else:
        sure = f"confidence {label.confidence:.4f} ({label.confidence_method})"
    parts = [sure, f"read by {label.rule}"]
    parts += [f"margin {label.margin:.4f}"] if label.margin is not None else []
    parts += [f"entropy {label.entropy:.4f}"] if label.entropy is not None else []
    yield f"    {', '.join(parts)}"
    if label.probabilities:
        likeliest = sorted(label.probabilities.items(), key=lambda each: -each[1])
        yield "    " + ", ".join(f"{value} {probability:.4f}" for value, probability in likeliest)
    if label.span_confidences:
        yield "    spans: " + ", ".join("unknown" if each is None else f"{each:.4f}" for each in label.span_confidences)


def _sample(sample: Sample) -> str:
    if sample.left_out:
        return "not kept, for want of room"
    said = ", ".join(f"{task} {value_text(value)}" for task, value in sample.values.items())
    return "; ".join(part for part in (said, sample.reason and _words(sample.reason), sample.detail) if part)


def _call(call: Call) -> str:
    parts = [f"{call.started_at:%Y-%m-%d %H:%M:%S}", f"{call.provider} {call.model}".strip(), f"{call.seconds:.2f} s"]
    parts.append(_words(call.error) if call.error else "answered")
    parts += [f"HTTP {call.status}"] if call.status is not None and call.error else []
    if call.prompt_tokens is not None:
        parts.append(f"{call.prompt_tokens} + {call.completion_tokens or 0} tokens")
    return ", ".join(parts)


def _paid(row: ModelCost) -> str:
    calls = f"{row.calls} call{'' if row.calls == 1 else 's'}"
    tokens = f"{row.prompt_tokens} + {row.completion_tokens} tokens"
    price = "price unknown" if row.amount is None else f"{row.amount:.6f} USD"
    return f"  paid to {row.provider} {row.model}: {calls}, {tokens}, {price}"


def decision_line(decision: Decision) -> str:
    """Format one revision of an opinion on one line."""
    when = f"{decision.decided_at:%Y-%m-%d %H:%M} {decision.decided_by} {decision.kind}"
    if decision.values is None:
        return when
    values = ", ".join(f"{task} {value_text(value)}" for task, value in decision.values.items())
    shown = ", ".join(f"{task} {value_text(value)}" for task, value in decision.shown_values.items())
    return f"{when}: {values}" + (f" (shown: {shown})" if shown and decision.kind == "corrected" else "")


def _pairs(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        yield f"  {name}: {value_text(value)}"


def value_text(value: Any) -> str:
    """Format a value on one line: text as it is, sets of labels as a list, spans by the text they mark."""
    if isinstance(value, list | tuple):
        return ", ".join(value_text(part) for part in value) or "none"
    if hasattr(value, "model_dump"):
        value = value.model_dump()
    if isinstance(value, Mapping):
        if {"label", "start", "text"} <= value.keys():
            field = f"{value['field']} " if value.get("field") else ""
            return f"{value['label']} {value['text']!r} ({field}{value['start']} to {value['end']})"
        return json.dumps(value, ensure_ascii=False)
    return _cut(f"{value:g}" if isinstance(value, float) else str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else f"{text[:_TEXT]} … ({len(text):,} characters; --json has all)"


def _words(name: str) -> str:
    return name.replace("_", " ")
