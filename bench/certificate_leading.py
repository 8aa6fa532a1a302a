"""Measure what leading a certificate takes: freezing the labels, the first course, a read, a look, and memory.

    .venv/bin/python bench/certificate_leading.py --records 1000000

The annotations are made up block by block, as they come from the database; reading them there is not in the figures.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Iterator
from typing import Any

from tandem.quality.certificates.evidence import Evidence
from tandem.quality.certificates.keys import key_hash, new_key
from tandem.quality.certificates.leading import Leader
from tandem.quality.certificates.opening import claims_of_family, make_opening
from tandem_api.certifying.lines import labels_of

LABELS = ("negative", "neutral", "positive")
SAME = {"sentiment": {"kind": "single_choice"}}
BLOCK = 5000


def blocks_of(records: int, error: float) -> Iterator[list[dict[str, Any]]]:
    random_ = random.Random(1)  # noqa: S311 - the same labels each time
    for start in range(0, records, BLOCK):
        yield [
            {
                "seq": seq,
                "record_id": f"r{seq}",
                "attempt": 1,
                "content_hash": f"{seq:064x}",
                "labels": [
                    {
                        "task": "sentiment",
                        "value": random_.choice(LABELS),
                        "confidence": 1 - min(0.9, error * random_.expovariate(1)),
                    }
                ],
            }
            for seq in range(start, min(records, start + BLOCK))
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--model-error", type=float, default=0.03)
    parser.add_argument("--error", type=float, default=0.02)
    given = parser.parse_args()
    key, standard = new_key(), {"rule": "one_reader"}
    evidence = Evidence("job", key, SAME, standard)
    before, freezing = memory(), 0.0
    for block in blocks_of(given.records, given.model_error):
        started = time.perf_counter()
        for each in block:
            labels, risks = labels_of(each, SAME)
            part = {"attempt": 1, "labels": labels, "risks": risks}
            line = {"seq": each["seq"], "record_id": each["record_id"], "content_hash": each["content_hash"]}
            evidence.add(line | {"certificate": part, "final": labels})
        freezing += time.perf_counter() - started
    print(f"freeze {given.records:,} labels: {freezing:.1f} s, {memory() - before:,.0f} MB")
    opening = make_opening(
        job="job",
        key_hash=key_hash(key),
        size=len(evidence),
        digest=evidence.digest,
        claims=claims_of_family(SAME, errors=[given.error], alpha=0.05),
        standard=standard,
    )
    started = time.perf_counter()
    leader = Leader(opening, evidence)
    leader.advance()
    print(f"first course: {time.perf_counter() - started:.1f} s, {memory() - before:,.0f} MB together")
    random_ = random.Random(2)  # noqa: S311 - the same readers each time
    taking, steps, reads, read = 0.0, list[float](), 0, set[int]()
    while not leader.is_closed and len(steps) < 40:
        wanted = leader.wanted(fixed=leader.schedules() is not None) - read
        started = time.perf_counter()
        for seq in wanted:
            column = evidence.tasks["sentiment"]
            label = column.label(evidence.place_of(seq))
            wrong = random_.random() < given.model_error
            said = random_.choice([each for each in LABELS if each != label]) if wrong else label
            leader.take(seq, [{"reader": "a", "values": {"sentiment": said}, "shown": False, "voided": False}])
        taking += time.perf_counter() - started
        reads += len(wanted)
        read |= wanted
        started = time.perf_counter()
        leader.advance()
        leader.wanted(fixed=leader.schedules() is not None)
        steps.append(time.perf_counter() - started)
    print(f"{reads:,} reads: {taking / max(1, reads) * 1e6:.0f} µs each")
    steps.sort()
    print(f"{len(steps)} looks and fits: median {steps[len(steps) // 2]:.2f} s, longest {steps[-1]:.2f} s")
    print(f"{memory() - before:,.0f} MB together; {'closed' if leader.is_closed else 'not closed yet'}")


def memory() -> float:
    """Return the most memory that this process had so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
