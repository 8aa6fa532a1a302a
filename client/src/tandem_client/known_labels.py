"""Read a JSONL file of labels beside the right ones: one object a line with `id`, `gold`, `pred`, `confidence`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from tandem.quality.certificates.canonical import canonical_json
from tandem.quality.certificates.simulate import KnownLabels
from tandem_client.errors import TandemError

_CURE = 'Give one JSON object a line: {"id": "r1", "gold": "yes", "pred": "no", "confidence": 0.8}.'


def read_known_labels(file: Path) -> KnownLabels:
    """Return the labels of the file; `confidence` is null or left out where it is unknown.

    Raises TandemError, with the line and the field, for what is no such file.
    """
    gold, pred, confidences, seen = [], [], [], set[str]()
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            record = _object(line, number)
            if (key := canonical_json(record["id"])) in seen:
                raise _refused(number, f"the id {key} was there before", "Give each record an id of its own.")
            seen.add(key)
            gold.append(canonical_json(record["gold"]))
            pred.append(canonical_json(record["pred"]))
            confidences.append(_confidence(record.get("confidence"), number))
    if not gold:
        raise TandemError("No records", detail=f"{file} has no records", cure=_CURE)
    return KnownLabels.of(gold, pred, confidences)


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise _refused(number, f"no JSON ({error})", _CURE) from None
    if not isinstance(record, dict):
        raise _refused(number, "no JSON object", _CURE)
    for name in ("id", "gold", "pred"):
        if record.get(name) is None:
            raise _refused(number, f"{name} is missing", _CURE)
    return record


def _confidence(given: Any, number: int) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1 or math.isnan(given):
        raise _refused(
            number, f"confidence is {json.dumps(given)}", "Give a number from 0 to 1, or null where unknown."
        )
    return float(given)


def _refused(number: int, what: str, cure: str) -> TandemError:
    return TandemError("The file cannot be read", type="invalid-file", detail=f"Line {number}: {what}", cure=cure)
