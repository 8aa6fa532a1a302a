"""Finds out how many calls a second an account takes, where nobody says it: from what it takes and what it refuses.

A refusal says that the account's bucket is empty now. What all workers together were granted between two such moments
is therefore what came in meanwhile, however much the bucket can hold: that is the limit. Calls count from when they are
sent, since a refusal comes back at once and an answer may take long. Before the first refusal calls double in each
round; what was granted until then includes what the bucket held, so it only bounds the limit from above: calls go on
well below it, and rise quickly up to the first moment that is measured. One worker's refusal is news for all of them:
who hears of it goes on with what the other one found, before it is refused itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

FIRST_IN_FLIGHT = 16
"""Calls under way at first; one more for each that is accepted."""
CUT_SECONDS = 0.5
"""One cut at most in this time: refusals come in flocks, and a flock says one thing."""
EPISODE_SECONDS = 2.0
"""Cuts that follow each other within this are one search, measured from its beginning."""
LONGEST_SECONDS = 15.0
"""What was taken longer ago says nothing about now."""
LEAST_SECONDS = 1.0
"""Of less than that nothing is concluded before anything is known."""
UNBOUNDED_SECONDS = 2.0
"""Looked back where no earlier refusal tells when the bucket was empty."""
BELOW = 0.98
"""Of the limit that was found, so much is gone on with."""
BELOW_BOUND = 0.7
"""The same of what only bounds it."""
MOST_CUT, MOST_CUT_SOON = 0.5, 0.85
"""No cut goes below so much of the rate; the second where it was measured for less than `LEAST_SECONDS`."""
REST_SECONDS = 0.2
"""After a cut nothing is called for so long, so that something is in the bucket again: from an empty one the calls of
several workers, each evenly spaced, still meet refusals."""
PERSISTENT_SECONDS = 2.0
"""Refusals over less than that do not speak against a limit that headers tell, unless they are more than `MANY`."""
MANY = 10
FEW = 3
"""Of fewer calls nothing is concluded."""
FIRST = 5.0
"""Calls a second to begin with when the first calls were refused before any was taken: nothing is known then, and it is
found out by doubling every second."""
FIRST_PART = 0.25
"""The guess is at least this part of what would have come in a second, had the bucket held one second's worth."""
BLIND_GROWTH = 1.0
UNMEASURED_GROWTH = 0.12
"""Growth a second, as a part of the rate, while the limit is only bounded: the sooner the next refusal comes, the
sooner the limit is measured, and the less of it is lost until then."""
SLOWEST_GROWTH = 0.003
FASTEST_GROWTH = 0.05
CAREFUL_SECONDS = 8.0
"""Growth a second is the slowest right after a cut, and doubles with each of these that pass without one."""
MOST_AHEAD = 3.0
"""Of the rate that is made use of: beyond that, going well says nothing."""
LEAST = 0.1
SILENT_SECONDS = 1.0
"""Of a worker that said nothing for so long it is not assumed that it goes on."""
_SAME = 0.99
_BIN_SECONDS = 0.1
_BINS = int(LONGEST_SECONDS / _BIN_SECONDS)


@dataclass(frozen=True, slots=True)
class _Told:
    """What another worker said last: calls since its start, and how many a second since the time before."""

    total: float
    at: float
    rate: float


class Taken:
    """Calls of the last seconds that were sent and not refused, by all workers, in bins of a tenth of a second."""

    def __init__(self) -> None:
        self._bins = [0.0] * _BINS
        self._newest = 0
        self._others: dict[str, _Told] = {}

    def add(self, amount: float, now: float, seconds: float = 0.0) -> None:
        """So many, evenly over the last `seconds`."""
        newest = int(now / _BIN_SECONDS)
        if newest > self._newest:
            for each in range(max(self._newest + 1, newest - _BINS + 1), newest + 1):
                self._bins[each % _BINS] = 0.0
            self._newest = newest
        count = 1 + min(_BINS - 1, int(seconds / _BIN_SECONDS))
        for each in range(newest - count + 1, newest + 1):
            self._bins[each % _BINS] += amount / count

    def heard(self, worker: str, total: float, now: float) -> None:
        """Another worker sent so many since it started."""
        last = self._others.get(worker)
        if last is None or total < last.total / 2.0 or now - last.at > LONGEST_SECONDS:
            self._others[worker] = _Told(total, now, 0.0)
            self._others = {name: told for name, told in self._others.items() if now - told.at <= LONGEST_SECONDS}
        elif now > last.at:
            self.add(total - last.total, now, now - last.at)
            self._others[worker] = _Told(total, now, (total - last.total) / (now - last.at))

    def since(self, at: float, now: float) -> float:
        """Return what others used since `at`; since their last reports, it is estimated from their use before."""
        begin = at / _BIN_SECONDS
        first = max(int(begin), self._newest - _BINS + 1)
        known = sum(self._bins[each % _BINS] for each in range(first, self._newest + 1))
        if first <= self._newest:
            known -= max(0.0, begin - first) * self._bins[first % _BINS]
        return known + sum(
            told.rate * (now - max(at, told.at)) for told in self._others.values() if now - told.at < SILENT_SECONDS
        )


class Discovery:
    """The rate that the whole account takes; None as long as nothing was refused. Shares are parts of the account."""

    def __init__(self) -> None:
        self.found: float | None = None
        self._blind = True
        self._measured = False
        self._adopted = False
        self._window = float(FIRST_IN_FLIGHT)
        self._taken = Taken()
        self._began = inf
        self._grown = 0.0
        self._refusals = 0
        """Of this worker's calls, in the search that goes on."""
        self._cut_at = -inf
        self._calm_since = -inf
        self._episode_at = -inf

    def most_in_flight(self, share: float) -> float:
        return inf if self.found is not None else max(1.0, self._window * share)

    @property
    def told(self) -> float | None:
        """What others may go by: what was found, unless it is a guess."""
        return None if self._blind else self.found

    def adopt(self, found: float, now: float) -> None:
        """Go by what another worker found, in place of nothing or a guess."""
        self.found = found
        self._blind, self._measured, self._adopted = False, True, True
        self._calm_since = self._grown = now

    def sent(self, now: float) -> None:
        self._began = min(self._began, now)
        self._taken.add(1.0, now)

    def hear_taken(self, worker: str, total: float, now: float) -> None:
        """Another worker sent so many calls since it started that were not refused."""
        self._taken.heard(worker, total, now)

    def accepted(self, now: float, share: float, bound: float | None) -> None:
        """`bound`: what is believed of the account otherwise; beyond it there is nothing to find."""
        if self.found is None:
            self._window += self._window / self.most_in_flight(share)
            return
        if now - self._grown < _BIN_SECONDS:
            return
        growth = self._growth(now)
        used = self._taken.since(now - UNBOUNDED_SECONDS, now) / UNBOUNDED_SECONDS
        if self.found <= MOST_AHEAD * max(FIRST, used):
            self.found *= 1.0 + growth * min(1.0, now - self._grown)
        self._grown = now
        if bound is not None and self.found > bound:
            self.found = None

    def refused(self, now: float, rate: float | None, *, told: bool = False) -> bool:
        """Take a refusal in. Return whether calls are to rest for a while.

        `rate`: what the whole account is used at now. `told`: the provider's headers tell that rate. Then it holds
        until refusals go on for so long that they measure another one: a single refusal says only that the bucket was
        empty, as it is at first, or that calls came in a bunch.
        """
        self._taken.add(-1.0, now)
        self._refusals = self._refusals + 1 if now - self._cut_at < EPISODE_SECONDS else 1
        if now - self._cut_at < CUT_SECONDS:
            return False
        goes_on = now - self._cut_at < EPISODE_SECONDS
        empty_at = self._episode_at if goes_on else self._cut_at
        if not goes_on:
            self._episode_at = now
        if told and self._refusals <= MANY and not PERSISTENT_SECONDS <= now - empty_at <= LONGEST_SECONDS:
            self._cut_at = now
            return True
        self._cut(max(LEAST, self._limit(now, empty_at, rate)), now)
        return True

    def _limit(self, now: float, empty_at: float, rate: float | None) -> float:
        """Return the limit to use after a refusal, the bucket having been empty at `empty_at` too."""
        known = now - empty_at <= LONGEST_SECONDS
        since = empty_at if known else max(min(self._began, now), now - UNBOUNDED_SECONDS)
        seconds = now - since
        if self._adopted and not known and seconds < UNBOUNDED_SECONDS and rate is not None:
            return rate * BELOW  # what others found is worth more than the first moments of a newcomer
        taken = self._taken.since(since, now)
        if taken < FEW or (not known and seconds < LEAST_SECONDS):
            if rate is None:
                return max(FIRST, FIRST_PART * taken / (seconds + 1.0))
            return rate * MOST_CUT
        is_guess = self._blind and self.found is not None
        self._blind = False
        if is_guess and known:
            # The guess may have been far too low. Then the bucket was full meanwhile and what came was lost, so this
            # is no measure either, but a lower bound.
            return BELOW * taken / seconds
        self._measured = self._measured or known
        found = (BELOW if self._measured else BELOW_BOUND) * taken / seconds
        if rate is None:
            return found
        most = MOST_CUT if seconds >= LEAST_SECONDS else MOST_CUT_SOON
        return max(rate * most, min(found, rate * BELOW))  # not far at once for one refusal, nor upwards

    def heard(self, found: float, now: float, bound: float | None) -> bool:
        """Another worker was refused and goes on with this: so does this one, before it is refused itself. Whether the
        rate was cut."""
        if now - self._cut_at < CUT_SECONDS or found >= _SAME * (self.found or bound or inf):
            return False
        if now - self._cut_at >= EPISODE_SECONDS:
            self._episode_at = now
        self._blind = False
        self._cut(found, now)
        return True

    def _growth(self, now: float) -> float:
        """Of the rate, a second."""
        if self._blind:
            return BLIND_GROWTH
        if not self._measured:
            return UNMEASURED_GROWTH
        calm = (now - self._calm_since) / CAREFUL_SECONDS
        growth: float = SLOWEST_GROWTH * 2.0 ** min(calm, 10.0)
        return min(FASTEST_GROWTH, growth)

    def _cut(self, found: float, now: float) -> None:
        self.found = found
        self._cut_at = self._calm_since = self._grown = now
