"""Faults drawn from a seed: what happens to whom, for how long, and when the next one comes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

SERVICES = ("api", "dispatcher", "llm-worker", "postprocessor", "verification-ui")
REPLICAS = (1, 2)
MONGODB, KAFKA, PROVIDER = "mongodb", "kafka", "provider"


class Kind(StrEnum):
    KILL = "kill"
    """SIGKILL; started again after `seconds`. Of MongoDB it is the primary."""
    LOSE = "lose the data of"
    """SIGKILL, and all that it stored is deleted; started again after `seconds`, empty."""
    SUSPEND = "suspend"
    """SIGSTOP, and SIGCONT after `seconds`."""
    TERMINATE = "terminate"
    """SIGTERM; started again once it ended by itself, which must be with status 0."""
    STEP_DOWN = "step down"
    """The primary steps down and may not be elected again for `seconds`."""
    STALL = "stall"
    """The provider keeps every call waiting for `seconds`."""
    FAIL = "fail"
    """The provider answers half of the calls with status 500 for `seconds`."""


@dataclass(frozen=True, slots=True)
class Fault:
    kind: Kind
    target: str
    """A replica of a service, e.g. `api-2`; or mongodb, kafka, provider."""
    seconds: float
    pause: float
    """Seconds until the next fault."""

    def __str__(self) -> str:
        return f"{self.kind} {self.target} for {self.seconds:.1f} s"


_SECONDS: dict[tuple[Kind, str], tuple[float, float]] = {
    (Kind.KILL, MONGODB): (0.5, 3.0),
    (Kind.SUSPEND, MONGODB): (3.0, 8.0),
    (Kind.STEP_DOWN, MONGODB): (1.0, 5.0),
    (Kind.KILL, KAFKA): (0.2, 2.0),
    (Kind.LOSE, KAFKA): (0.2, 2.0),
    (Kind.SUSPEND, KAFKA): (1.0, 5.0),
    (Kind.STALL, PROVIDER): (1.0, 4.0),
    (Kind.FAIL, PROVIDER): (1.0, 3.0),
}
_OF_A_SERVICE = {Kind.KILL: (0.0, 2.0), Kind.SUSPEND: (1.0, 9.0), Kind.TERMINATE: (0.0, 0.5)}
"""Seconds. A suspension is longer than the session timeout of the stack's consumers (6 s) about every third time."""
_PAUSE = (0.3, 2.2)

_DECK: list[tuple[Kind, str]] = [
    *((kind, f"{service}-{replica}") for kind in _OF_A_SERVICE for service in SERVICES for replica in REPLICAS),
    *([(Kind.KILL, MONGODB)] * 4),
    *([(Kind.SUSPEND, MONGODB)] * 4),
    *([(Kind.STEP_DOWN, MONGODB)] * 4),
    *([(Kind.KILL, KAFKA)] * 2),
    (Kind.LOSE, KAFKA),
    *([(Kind.SUSPEND, KAFKA)] * 2),
    *([(Kind.STALL, PROVIDER)] * 3),
    *([(Kind.FAIL, PROVIDER)] * 3),
    *(
        (kind, f"{service}-{replica}")
        for kind in (Kind.KILL, Kind.SUSPEND)
        for service in SERVICES[1:3]
        for replica in (1,)
    ),
    (Kind.SUSPEND, "llm-worker-2"),
    (Kind.SUSPEND, "dispatcher-2"),
    (Kind.SUSPEND, "postprocessor-1"),
]
"""All kinds on all targets; 60 of them."""


def plan(seed: int, count: int) -> list[Fault]:
    """Draw `count` faults: whole shuffled decks, so that each kind comes as often as any other, then a part of one."""
    draw = random.Random(seed)  # noqa: S311 - a plan that can be drawn again
    faults: list[Fault] = []
    while len(faults) < count:
        for kind, target in draw.sample(_DECK, len(_DECK)):
            seconds = draw.uniform(*(_SECONDS.get((kind, target)) or _OF_A_SERVICE[kind]))
            faults.append(Fault(kind, target, seconds, draw.uniform(*_PAUSE)))
    return faults[:count]
