"""The evidence of a certificate: the lines of an export, gathered into columns of a few bytes a record.

A line of the population has an object `certificate`: `attempt`, `labels` and `risks` (frozen: by task, the label and
its stated probability of being wrong in millionths, null where unknown), and `reads`. All else of the line is free.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tandem.quality.certificates.canonical import canonical_json
from tandem.quality.certificates.course import RIGHT, UNDECIDED, VOIDED, WRONG
from tandem.quality.certificates.keys import record_keys
from tandem.quality.certificates.readers import AuditedDecision, decide
from tandem.quality.certificates.same import is_same_value

MILLION = 1_000_000
ZONES = ("rest", "correction", "audit", "pilot")
"""What a record was read as; the last one that holds for any claim. Exports of other makers may leave it out."""
NO_ZONE = 255
_UNKNOWN = -1
_MOST_WRITTEN = 1000
"""Labels whose canonical JSON is kept by their text: labels of choices come again, free texts do not."""
_encode_plain = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
"""The same as canonical_json where there are no floats, and no keys outside of ASCII."""


class TaskColumns:
    """The columns of one task. `labels` are numbers into `names`, the canonical JSON of each label in turn.

    `decided`: what the standard makes of all reads; `first`: what the first read said, by which the correction order
    learns; `overturned`: whether the two differ.
    """

    def __init__(self, same: Mapping[str, Any]) -> None:
        self.same = same
        self.risks = array("l")
        self.labels = array("L")
        self.decided = bytearray()
        self.first = bytearray()
        self.overturned = bytearray()
        self.names: list[str] = []
        self.pairs: list[tuple[str, str]] = []
        self._numbers: dict[str, int] = {}
        self._written: dict[str, str] = {}

    def add(self, label: Any, risk: int | None, decision: AuditedDecision) -> None:
        name = self._written.get(label) if type(label) is str else canonical_json(label)
        if name is None:
            name = canonical_json(label)
            if len(self._written) < _MOST_WRITTEN:
                self._written[label] = name
        number = self._numbers.setdefault(name, len(self._numbers))
        if number == len(self.names):
            self.names.append(name)
        self.labels.append(number)
        self.risks.append(_UNKNOWN if risk is None else risk)
        decided, first, overturned = self._codes(label, decision)
        self.decided.append(decided)
        self.first.append(first)
        self.overturned.append(overturned)

    def label(self, place: int) -> Any:
        """Return the frozen label."""
        return json.loads(self.names[self.labels[place]])

    def codes(self, place: int, decision: AuditedDecision) -> tuple[int, int, bool]:
        """Return what `decided`, `first` and `overturned` are by this decision, without changing them."""
        return self._codes(self.label(place), decision)

    def _codes(self, label: Any, decision: AuditedDecision) -> tuple[int, int, bool]:
        if decision.state == "unread":
            return UNDECIDED, UNDECIDED, False
        if decision.state == "decided":
            decided = RIGHT if is_same_value(self.same, label, decision.value) else WRONG
        else:
            decided = VOIDED
        first = decided
        if decision.first is not None:
            first = RIGHT if is_same_value(self.same, label, decision.first) else WRONG
        return decided, first, not is_same_value(self.same, decision.first, decision.value)

    def risk(self, place: int) -> float | None:
        """Return the stated probability that the label is wrong; None where unknown."""
        risk = self.risks[place]
        return None if risk == _UNKNOWN else risk / MILLION


class Evidence:
    """Export of a job about its population, one record after the other in the order of seq."""

    def __init__(
        self, job: str, key: bytes, tasks: Mapping[str, Mapping[str, Any]], standard: Mapping[str, Any]
    ) -> None:
        self.tasks = {task: TaskColumns(same) for task, same in sorted(tasks.items())}
        self.seqs = array("Q")
        self.audit_keys, self.tie_keys, self.reread_keys = array("Q"), array("Q"), array("Q")
        self.shown = bytearray()
        self.read_counts = bytearray()
        self.zones = bytearray()
        self.readers: Counter[str] = Counter()
        self.reads_shown = 0
        self.outside: Counter[str] = Counter()
        self.differing: list[int] = []
        self._job, self._key, self._standard = job, key, standard
        self._digest = hashlib.sha256()

    def __len__(self) -> int:
        return len(self.seqs)

    @property
    def digest(self) -> str:
        """The digest of the frozen labels so far."""
        return self._digest.hexdigest()

    def place_of(self, seq: int) -> int:
        """Return the place of a record. Raises KeyError for one that is not in the population."""
        place = bisect_left(self.seqs, seq)
        if place == len(self.seqs) or self.seqs[place] != seq:
            raise KeyError(seq)
        return place

    def add(self, line: Mapping[str, Any]) -> None:
        """Take a line of the export. Raises ValueError or KeyError for one that has not what a line must have."""
        frozen = line.get("certificate")
        if frozen is None:
            self.outside[str(line.get("outcome"))] += 1
            return
        seq, attempt = line["seq"], frozen["attempt"]
        if self.seqs and seq <= self.seqs[-1]:
            raise ValueError(f"seq {seq} comes after seq {self.seqs[-1]}")
        labels, risks, reads = frozen["labels"], frozen["risks"], frozen.get("reads", ())
        self._digest.update(frozen_line(seq, attempt, line["record_id"], line.get("content_hash"), labels, risks))
        keys = record_keys(self._key, self._job, seq, attempt)
        self.seqs.append(seq)
        self.audit_keys.append(keys.audit)
        self.tie_keys.append(keys.tie)
        self.reread_keys.append(keys.reread)
        self.shown.append(any(read.get("shown") for read in reads))
        self.read_counts.append(min(255, len({read["reader"] for read in reads if not read.get("voided")})))
        zone = frozen.get("zone")
        self.zones.append(NO_ZONE if zone is None else ZONES.index(zone))
        for read in reads:
            self.readers[read["reader"]] += 1
            self.reads_shown += bool(read.get("shown"))
        final = line.get("final") or {}
        for task, columns in self.tasks.items():
            decision = decide(reads, task, columns.same, self._standard)
            columns.add(labels[task], risks[task], decision)
            if len(reads) > 1:
                columns.pairs += _first_pair(reads, task)
            holds = decision.value if decision.state == "decided" else labels[task]
            if not is_same_value(columns.same, final.get(task), holds):
                self.differing.append(seq)


def _first_pair(reads: Sequence[Mapping[str, Any]], task: str) -> list[tuple[str, str]]:
    """Return the first blind values of two readers of a record as a pair; nothing where there are not two."""
    values: dict[str, str] = {}
    for read in reads:
        blind = not read.get("shown") and not read.get("voided") and read.get("values")
        if blind and read["values"].get(task) is not None and read["reader"] not in values:
            values[read["reader"]] = canonical_json(read["values"][task])
    found = list(values.values())
    return [(found[0], found[1])] if len(found) > 1 else []


def frozen_line(  # noqa: PLR0917 - the fields of the line, in its order
    seq: int,
    attempt: int,
    record_id: str,
    content_hash: str | None,
    labels: Mapping[str, Any],
    risks: Mapping[str, Any],
) -> bytes:
    """Return the bytes of a record that the digest of the frozen labels takes in."""
    fields = [seq, attempt, record_id, content_hash, labels, risks]
    if all(type(label) is str for label in labels.values()) and all(task.isascii() for task in labels):
        return (_encode_plain(fields) + "\n").encode()  # a million records are hashed in seconds
    return (canonical_json(fields) + "\n").encode()


def parse_line(text: str | bytes) -> dict[str, Any]:
    """Read a line of an export. Raises ValueError where it is no JSON object."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - as for any other line that cannot be read
    return value


def places_in_class(columns: TaskColumns, label_class: str | None, size: int) -> Sequence[int]:
    """Return the places of the records with this frozen label, all where it is None."""
    if label_class is None:
        return range(size)
    wanted = canonical_json(label_class)
    number = columns.names.index(wanted) if wanted in columns.names else -1
    return array("L", (place for place in range(size) if columns.labels[place] == number))
