"""Makes certified exports: records, an opening, simulated readers, the certificate."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tandem.quality.certificates.assess import ClaimView
from tandem.quality.certificates.certificate import make_certificate
from tandem.quality.certificates.course import Course
from tandem.quality.certificates.evidence import MILLION, Evidence
from tandem.quality.certificates.keys import key_hash
from tandem.quality.certificates.opening import CertificateClaim, claims_of_family, make_opening

KEY = bytes(range(32))
JOB = "job-1"
LABELS = ("negative", "neutral", "positive")
SAME = {"sentiment": {"kind": "single_choice"}}

Reader = Callable[[dict[str, Any], int], list[dict[str, Any]]]


@dataclass
class Certified:
    """Lines of an export, what was opened, and the certificate made of both."""

    lines: list[dict[str, Any]]
    opening: dict[str, Any]
    truth: dict[int, dict[str, Any]]
    certificate: dict[str, Any] = field(default_factory=dict)

    @property
    def export(self) -> list[bytes]:
        return [(json.dumps(line) + "\n").encode() for line in self.lines]

    def evidence(self) -> Evidence:
        found = Evidence(
            JOB, KEY, {claim["task"]: claim["same"] for claim in self.opening["claims"]}, self.opening["standard"]
        )
        for line in self.lines:
            found.add(line)
        return found

    def certify(self) -> dict[str, Any]:
        body = b"".join(self.export)
        self.certificate = make_certificate(
            self.evidence(),
            self.opening,
            key=KEY,
            export={"sha256": hashlib.sha256(body).hexdigest(), "lines": len(self.lines)},
        )
        return self.certificate

    def write(self, directory: Path) -> tuple[Path, Path]:
        export, certificate = directory / "export.jsonl", directory / "certificate.json"
        export.write_bytes(b"".join(self.export))
        certificate.write_text(json.dumps(self.certificate))
        return export, certificate


def truthful(truth: dict[str, Any], _times: int) -> list[dict[str, Any]]:
    """One blind read that is right."""
    return [{"reader": "ada", "values": truth, "shown": False}]


def certified(
    size: int = 800,
    *,
    error: float = 0.08,
    claimed: Sequence[float] = (0.05,),
    confidence: bool = True,
    classes: dict[str, Sequence[str]] | None = None,
    reader: Reader = truthful,
    rule: str = "one_reader",
    reread: int = 0,
    seed: int = 1,
) -> Certified:
    """Label records with errors, open claims, have the readers read what the courses want, and certify."""
    random_ = random.Random(seed)  # noqa: S311 - draws a case
    lines, truth = [], {}
    for number in range(size):
        seq = 2 * number + 1
        if number % 97 == 5:
            lines.append({"record_id": f"r{seq}", "seq": seq, "outcome": "invalid", "certificate": None, "final": None})
            continue
        risk = min(0.9, error * random_.expovariate(1))
        label = random_.choices(LABELS, (5, 1, 3))[0]
        wrong = random_.random() < risk
        truth[seq] = {"sentiment": random_.choice([other for other in LABELS if other != label]) if wrong else label}
        stated = round(risk * MILLION) if confidence else None
        lines.append(
            {
                "record_id": f"r{seq}",
                "seq": seq,
                "outcome": "labeled",
                "content_hash": f"{seq:08x}",
                "certificate": {
                    "attempt": 1,
                    "labels": {"sentiment": label},
                    "risks": {"sentiment": stated},
                    "reads": [],
                },
                "final": {"sentiment": label},
            }
        )
    claims = claims_of_family(SAME, errors=claimed, alpha=0.05, classes=classes, reread=reread)
    made = Certified(
        lines, {"claims": [claim.as_json() for claim in claims], "standard": {"rule": rule}, "job": JOB}, truth
    )
    evidence = made.evidence()
    made.opening = make_opening(
        job=JOB,
        key_hash=key_hash(KEY),
        size=len(evidence),
        digest=evidence.digest,
        claims=claims,
        standard={"rule": rule},
    )
    _read(made, reader, reread)
    made.certify()
    return made


def _read(made: Certified, reader: Reader, reread: int) -> None:
    by_seq = {line["seq"]: line for line in made.lines}
    evidence = made.evidence()
    for given in made.opening["claims"]:
        view = ClaimView(evidence, CertificateClaim.of(given))
        for record in _run(view, made.truth):
            _add_reads(by_seq[view.seq(record)], made.truth, reader)
        if reread:
            course = view.course()
            for record in view.reread_order(course.corrections)[:reread]:
                line = by_seq[view.seq(record)]
                line["certificate"]["reads"] += [
                    {"reader": "grace", "values": made.truth[line["seq"]], "shown": False} for _ in range(2)
                ]


def _run(view: ClaimView, truth: dict[int, dict[str, Any]]) -> Iterable[int]:
    course: Course = view.course()
    while wanted := course.wanted():
        for record in wanted:
            place = view.places[record]
            task = view.claim.task
            label = json.loads(_label_of(view, place))
            course.decide(record, wrong=truth[view.seq(record)][task] != label)
            yield record
        course.advance()


def _label_of(view: ClaimView, place: int) -> str:
    columns = view.columns
    return columns.names[columns.labels[place]]


def _add_reads(line: dict[str, Any], truth: dict[int, dict[str, Any]], reader: Reader) -> None:
    reads = line["certificate"]["reads"]
    if not reads:
        reads += reader(truth[line["seq"]], len(reads))
        values = [read["values"] for read in reads if read["values"]]
        if values:
            line["final"] = values[0]
