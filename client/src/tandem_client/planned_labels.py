"""Read the labels that a certificate is planned for: from an export, or from lines with `pred` and `confidence`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from tandem.quality.certificates.canonical import canonical_json
from tandem.quality.certificates.label_groups import label_groups
from tandem_client.errors import TandemError


class PlannedLabels(NamedTuple):
    """Columns that a plan needs of each record: risk, label group; and what people decided so far, by place."""

    risks: list[float | None]
    groups: list[int]
    decided: list[tuple[int, bool]]


def read_planned_labels(file: Path, task: str | None) -> PlannedLabels:
    """Return the labels of a task. Records without a label are left out: a certificate does not cover them.

    Raises TandemError where lines cannot be read, or there are several tasks and none was named.
    """
    labels: list[str] = []
    risks: list[float | None] = []
    decided = []
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                found = _label(json.loads(line), task)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise TandemError(
                    "The file cannot be read",
                    type="invalid-file",
                    detail=f"Line {number}: {type(error).__name__}: {error}",
                    cure="Give an export as JSONL, or lines with pred and confidence.",
                ) from None
            if found is None:
                continue
            label, confidence, said = found
            if said is not None:
                decided.append((len(labels), said != label))
            labels.append(label)
            risks.append(None if confidence is None else min(1.0, max(0.0, 1 - confidence)))
    if not labels:
        raise TandemError("No labels", detail=f"{file} has no labels to certify", cure="Name the task with --task.")
    return PlannedLabels(risks, label_groups(labels), decided)


def _label(line: dict[str, Any], task: str | None) -> tuple[str, float | None, str | None] | None:
    """Return the label, its confidence, and what a person decided; None for a record without a label."""
    if "labels" not in line:
        gold = line.get("gold")
        return canonical_json(line["pred"]), line.get("confidence"), None if gold is None else canonical_json(gold)
    if line["outcome"] != "labeled":
        return None
    names = [each["task"] for each in line["labels"]]
    if task is None and len(names) > 1:
        raise ValueError(f"there are several tasks ({', '.join(names)}): name one with --task")
    wanted = [each for each in line["labels"] if task is None or each["task"] == task]
    if not wanted:
        return None
    label = wanted[0]
    said = ((line.get("verification") or {}).get("values") or {}).get(label["task"])
    return canonical_json(label["value"]), label.get("confidence"), None if said is None else canonical_json(said)
