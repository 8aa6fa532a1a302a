"""A model provider that is not one: OpenAI's chat completions on loopback, deterministic, within limits, badly behaved
on demand, and counting.

The same prompt gets the same answer for the same seed, on any day and in any process. `Behaviour` says what it
allows, how slow it is and how it fails; it can be changed while it runs. `Score` says what it was asked, and what the
limits would have allowed: a test of "paid once" and a benchmark of "used to the full" read it.

    python -m tandem.testing.provider --port 9009 --behaviour '{"limits": {"requests_per_minute": 6000}}'

    GET  /score        what happened since the start or the last reset; ?prompts=1 adds the calls of each prompt,
                       ?seconds=1 the calls of each second
    POST /reset        forget the score; limits stay as full as they are
    GET  /behaviour    all settings
    POST /behaviour    change settings (JSON, the fields of `Behaviour` that shall change); answers with all of them

A benchmark of a limit: start with `limits={"requests_per_minute": 6000, "initial": 0}`, so that nothing can be taken
but what comes; `score.limits[model]["requests"]` then has `taken` and `allowed_until_last`. With a bucket that is full
at first (`initial` 1, as real accounts are), `allowed` counts that too, and `allowed_by_rate` does not.
"""

from tandem.testing.provider.behaviour import Behaviour, FailureKind
from tandem.testing.provider.headers import Headers
from tandem.testing.provider.limits import ProviderLimits
from tandem.testing.provider.process import ProviderProcess
from tandem.testing.provider.score import LimitUse, Score
from tandem.testing.provider.server import MODEL, SimulatedProvider

__all__ = [
    "MODEL",
    "Behaviour",
    "FailureKind",
    "Headers",
    "LimitUse",
    "ProviderLimits",
    "ProviderProcess",
    "Score",
    "SimulatedProvider",
]
