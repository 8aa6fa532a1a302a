"""Acceptance of a cluster of near-duplicates: how many of its records are read before the rest gets their label.

Records are read at random and blind. If all agree, the rest gets the label; else every record is read. The number of
reads is the least at which a cluster with a tenth or more of other labels passes with probability at most `beta`
(zero-acceptance sampling). A cluster pays from 30 records on; it has to be formed before anybody reads, and is a
class of its own in a certificate.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from enum import StrEnum

from tandem.quality.certificates.hypergeometric import at_most

BETA = 0.1
OTHER_SHARE = 0.1
"""Share of other labels from which on a cluster must not pass."""
LEAST_SIZE = 30


class ClusterVerdict(StrEnum):
    READ_ON = "read_on"
    ACCEPTED = "accepted"
    """All that was read agrees: the rest gets the label."""
    READ_ALL = "read_all"
    """Two reads differ, or the cluster is too small: each record is read."""


def reads_needed(size: int, *, beta: float = BETA) -> int:
    """Return how many records of a cluster are read, all of them where it is too small to pay."""
    if size < LEAST_SIZE:
        return size
    others = math.ceil(OTHER_SHARE * size - 1e-9)
    return next(reads for reads in range(1, size + 1) if at_most(size, others, reads, 0) <= beta)


def verdict(size: int, reads: Sequence[Hashable], *, beta: float = BETA) -> ClusterVerdict:
    """Return what follows from the labels that were read of a cluster so far."""
    if len(set(reads)) > 1 or size < LEAST_SIZE:
        return ClusterVerdict.READ_ALL
    return ClusterVerdict.ACCEPTED if len(reads) >= reads_needed(size, beta=beta) else ClusterVerdict.READ_ON
