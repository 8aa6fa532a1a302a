"""The opening of a certificate: the claims and the labels they are about, fixed before anybody reads.

An opening is a JSON object. Its commitment, the SHA-256 of its canonical JSON, is published before the key is used. The
schedules follow once the pilot samples were read, and before the first audit is; their commitment names the opening's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tandem.quality.certificates.canonical import canonical_json, sha256_of

FORMAT = "tandem-certificate-opening"
SCHEDULES_FORMAT = "tandem-certificate-schedules"
VERSION = 1
REREAD_SHARE = 0.2
"""The share of a claim's alpha that the sample of corrections read again spends, where there is one."""


class CertificateClaim(NamedTuple):
    """Claim of a certificate: at most floor(error · size) labels of a task are missed.

    `label_class`: only records with this frozen label; None for all. `same`: the task's rule of comparison
    (`is_same_value`). `alpha`: the probability that this claim may be false. `reread`: how many corrections are read
    again, to bound those that are wrong; 0 for none.
    """

    name: str
    task: str
    same: Mapping[str, Any]
    error: float
    alpha: float
    label_class: str | None = None
    reread: int = 0

    @property
    def audit_alpha(self) -> float:
        """Return the part of alpha that the audit may spend."""
        return self.alpha * (1 - REREAD_SHARE) if self.reread else self.alpha

    def as_json(self) -> dict[str, Any]:
        """Return the claim as it stands in an opening."""
        return {
            "name": self.name,
            "task": self.task,
            "same": dict(self.same),
            "error": self.error,
            "alpha": self.alpha,
            "class": self.label_class,
            "reread": self.reread,
        }

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> CertificateClaim:
        """Read the claim of an opening. Raises ValueError for shares that make no claim."""
        error, alpha = value["error"], value["alpha"]
        if not (0 <= error <= 1 and 0 < alpha < 1):
            raise ValueError(f"claim {value['name']}: error must be from 0 to 1 and alpha between 0 and 1")
        return cls(
            value["name"], value["task"], value["same"], error, alpha, value.get("class"), value.get("reread", 0)
        )


def tolerated_of(error: float, size: int) -> int:
    """Return how many of `size` records may be missed: floor(error · size), with decimal errors taken as written."""
    return math.floor(round(error * size, 6))


def claims_of_family(
    tasks: Mapping[str, Mapping[str, Any]],
    *,
    errors: Sequence[float],
    alpha: float,
    classes: Mapping[str, Sequence[str]] | None = None,
    reread: int = 0,
) -> list[CertificateClaim]:
    """Return claims that hold together with probability 1 - `alpha`: each has an equal part of it.

    `tasks`: the rule of comparison of each task; `errors`: the shares that are claimed, a ladder where there are
    several;
    `classes`: for each task the labels that get claims of their own beside the one about all records.
    """
    wanted = [
        (task, label_class, error)
        for task in tasks
        for label_class in (None, *(classes or {}).get(task, ()))
        for error in errors
    ]
    return [
        CertificateClaim(
            name=task + (f"={label_class}" if label_class is not None else "") + f"@{error:g}",
            task=task,
            same=tasks[task],
            error=error,
            alpha=alpha / len(wanted),
            label_class=label_class,
            reread=reread,
        )
        for task, label_class, error in wanted
    ]


def make_opening(
    *, job: str, key_hash: str, size: int, digest: str, claims: Sequence[CertificateClaim], standard: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the opening. `digest`: of the frozen labels; `standard`: the rule by which readers decide."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "job": job,
        "key_hash": key_hash,
        "population": {"size": size, "digest": digest},
        "claims": [claim.as_json() for claim in claims],
        "standard": dict(standard),
    }


def make_schedules(opening: Mapping[str, Any], claims: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the schedules of an opening: for each claim its name, warm_up, pilot and main_look."""
    return {
        "format": SCHEDULES_FORMAT,
        "version": VERSION,
        "opening": commitment_of(opening),
        "claims": [dict(claim) for claim in claims],
    }


def commitment_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the document's canonical JSON."""
    return sha256_of(canonical_json(document))
