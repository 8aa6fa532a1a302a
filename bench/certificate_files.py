"""Measure what a certificate costs at a million records: to open, to look, and to verify. Prints a table.

    python bench/certificate_files.py [RECORDS] [ERROR OF THE MODEL] [CLAIMED ERROR]

Reads are answered from a truth that is drawn. Everything runs in one process on one core.
"""

from __future__ import annotations

import hashlib
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tandem.quality.certificates.assess import ClaimView
from tandem.quality.certificates.certificate import make_certificate
from tandem.quality.certificates.evidence import MILLION, Evidence, parse_line
from tandem.quality.certificates.keys import key_hash
from tandem.quality.certificates.opening import claims_of_family, make_opening
from tandem.quality.certificates.verify import verify

KEY = bytes(32)
LABELS = ("negative", "neutral", "positive")
TASKS = {"sentiment": {"kind": "single_choice"}}
STANDARD = {"rule": "one_reader"}


def main(size: int, error: float, claimed: float) -> None:
    random_ = random.Random(1)  # noqa: S311 - a simulation, repeatable by its seed
    wrong = bytearray()
    with tempfile.TemporaryDirectory() as directory:
        frozen, export = Path(directory, "frozen.jsonl"), Path(directory, "export.jsonl")
        with frozen.open("w") as file:
            for seq in range(size):
                risk = min(0.9, error * random_.expovariate(1))
                wrong.append(random_.random() < risk)
                label = random_.choice(LABELS)
                file.write(json.dumps(line_of(seq, label, round(risk * MILLION))) + "\n")
        started = time.process_time()
        evidence = gather(frozen)
        claims = claims_of_family(TASKS, errors=[claimed], alpha=0.05)
        opening = make_opening(
            job="bench",
            key_hash=key_hash(KEY),
            size=len(evidence),
            digest=evidence.digest,
            claims=claims,
            standard=STANDARD,
        )
        show("gather the frozen labels", started)
        started = time.process_time()
        view = ClaimView(evidence, claims[0])
        course = view.course()
        show("open: both orders", started)
        longest = spent = 0.0
        while wanted := course.wanted():
            for record in wanted:
                course.decide(record, wrong=bool(wrong[record]))
            started = time.process_time()
            course.advance()
            longest = max(longest, time.process_time() - started)
            spent += time.process_time() - started
        print(f"{'all looks together':28} {spent:8.2f} s, the longest step {longest:.2f} s")
        read = course.read
        with frozen.open() as old, export.open("w") as new:
            for text in old:
                line = parse_line(text)
                if line["seq"] in read:
                    answer(line, wrong=bool(wrong[line["seq"]]))
                new.write(json.dumps(line) + "\n")
        digest = hashlib.sha256(export.read_bytes()).hexdigest()
        del view, course, evidence
        certificate = make_certificate(gather(export), opening, key=KEY, export={"sha256": digest, "lines": size})
        started = time.process_time()
        with export.open("rb") as lines:
            verdict = verify(lines, certificate)
        show("verify", started)
    print(certificate["says"][0])
    print(f"read {len(read):,} of {size:,}; findings {verdict.findings}")
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def line_of(seq: int, label: str, risk: int) -> dict[str, Any]:
    values = {"sentiment": label}
    frozen = {"attempt": 1, "labels": values, "risks": {"sentiment": risk}, "reads": []}
    text = "A text of about the length of a tweet, which has a hundred and forty letters or less."
    return {
        "record_id": f"r{seq}",
        "seq": seq,
        "fields": {"text": text},
        "outcome": "labeled",
        "content_hash": f"{seq:064x}",
        "certificate": frozen,
        "final": values,
    }


def answer(line: dict[str, Any], *, wrong: bool) -> None:
    label = line["final"]["sentiment"]
    values = {"sentiment": LABELS[LABELS.index(label) - 1] if wrong else label}
    line["certificate"]["reads"] = [{"reader": "ada", "values": values, "shown": False}]
    line["final"] = values


def gather(file: Path) -> Evidence:
    evidence = Evidence("bench", KEY, TASKS, STANDARD)
    with file.open("rb") as lines:
        for line in lines:
            evidence.add(parse_line(line))
    return evidence


def show(what: str, started: float) -> None:
    print(f"{what:28} {time.process_time() - started:8.2f} s", flush=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 1_000_000, *(float(each) for each in (given[1:] or ("0.03", "0.02"))))
