"""Accuracy of each of several agents, estimated by Dawid and Skene's method in a process of its own.

The method is crowd-kit's; that brings numpy, pandas, scipy and scikit-learn, whose import alone takes seconds and
hundreds of megabytes. So no service imports it: this file is run as a program, which reads one JSON document and
writes one. It estimates from a sample of records; what it says of the agents then holds for all.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from tandem.quality.combining import CombinationEstimate

TIMEOUT_SECONDS = 120.0
MOST_LABELS = 50
LEAST_AGENTS = 3
"""With only two agents that differ, nothing shows which one is right."""
NOT_INSTALLED = 3
_ROUNDS = 100
_SMALLEST = 1e-6


class EstimationError(Exception):
    """No estimate was computed. The text says why, `cure` what to do."""

    def __init__(self, detail: str, cure: str) -> None:
        super().__init__(detail)
        self.cure = cure


async def estimated(
    labels: Sequence[str], votes: Sequence[Sequence[int]], truths: dict[int, int], *, agents: int
) -> CombinationEstimate:
    """Estimate the prior of each label and the confusion matrix of each agent.

    `votes`: for each record, each agent's label by its index, -1 for none; `truths`: index into `votes` to the label
    that is known to be right. Raises EstimationError.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tandem_api.analysis.combinations.estimation",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    question = json.dumps({"agents": agents, "labels": len(labels), "votes": votes, "truths": truths})
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            answer, complaint = await process.communicate(question.encode())
    except TimeoutError as error:
        detail = f"The estimate took longer than {TIMEOUT_SECONDS:.0f} s."
        raise EstimationError(detail, "Combine by vote, or fewer jobs.") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == NOT_INSTALLED:
        raise EstimationError(
            "Dawid and Skene's method is not installed with this api.",
            "Combine by vote, or install tandem-api with the extra dawid-skene.",
        )
    if process.returncode:
        last = complaint.decode(errors="replace").strip().splitlines()[-1:] or [""]
        raise EstimationError(f"The estimate failed: {last[0][:500]}", "Combine by vote.")
    found = json.loads(answer)
    return CombinationEstimate.of({"labels": list(labels), **found}, agents)


def main() -> None:
    """Read the question as JSON from standard input and write the estimate as JSON to standard output."""
    question = json.load(sys.stdin)
    try:
        answer = _estimate(question)
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(NOT_INSTALLED)
    json.dump(answer, sys.stdout)


def _estimate(question: dict[str, Any]) -> dict[str, Any]:
    """Return the prior of each label and, for each agent, true label and given label, the probability."""
    import pandas as pd  # noqa: PLC0415 - see the head of the file
    from crowdkit.aggregation.classification.dawid_skene import DawidSkene  # noqa: PLC0415 - as above

    votes = [
        (record, agent, label)
        for record, given in enumerate(question["votes"])
        for agent, label in enumerate(given)
        if label >= 0
    ]
    data = pd.DataFrame(votes, columns=["task", "worker", "label"])
    truths = {int(record): label for record, label in question["truths"].items()}
    known = pd.Series(truths, name="label").rename_axis("task") if truths else None
    model: Any = DawidSkene(n_iter=_ROUNDS).fit(data, true_labels=known)
    priors = [float(model.priors_.get(label, 0.0)) for label in range(question["labels"])]
    errors = [
        [int(agent), int(truth), int(given), float(probability)]
        for (agent, given), row in model.errors_.iterrows()
        for truth, probability in row.items()
        if probability > _SMALLEST
    ]
    return {"priors": priors, "errors": errors}


if __name__ == "__main__":
    main()
