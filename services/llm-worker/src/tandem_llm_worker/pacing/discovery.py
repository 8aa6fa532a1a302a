"""Discovery of an account's unpublished rate limit, in calls a second, from the calls it accepts and refuses.

A refusal means that the account's bucket is empty now. The calls granted to all workers together between two refusals
therefore equal what the bucket was refilled with in between, whatever its capacity: that is the limit. Calls count from
when they are sent, since a refusal comes back at once and an answer may take long. Before the first refusal calls
double in each round; the calls granted until then include the initial content of the bucket, so they only bound the
limit from above: the rate continues well below that bound, and rises quickly until the first measurement. A refusal of
one worker informs all of them: a worker that receives it adopts the reported rate before it is refused itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

FIRST_IN_FLIGHT = 16
"""Initial in-flight limit; each accepted call raises it by one."""
CUT_SECONDS = 0.5
"""Shortest time between two cuts of the rate: refusals come in bursts, and a burst carries one piece of information."""
EPISODE_SECONDS = 2.0
"""Longest time between cuts that belong to one search, which is measured from its beginning."""
LONGEST_SECONDS = 15.0
"""Length of the history: calls accepted longer ago say nothing about the present limit."""
LEAST_SECONDS = 1.0
"""Shortest time from which a first limit is concluded, while no limit is known."""
UNBOUNDED_SECONDS = 2.0
"""Length of the look-back where no earlier refusal shows when the bucket was empty."""
BELOW = 0.98
"""Fraction of a measured limit that is used from then on."""
BELOW_BOUND = 0.7
"""Fraction that is used of a value that only bounds the limit from above."""
MOST_CUT, MOST_CUT_SOON = 0.5, 0.85
"""Smallest fraction of the rate that a cut leaves; the second one where less than `LEAST_SECONDS` were measured."""
REST_SECONDS = 0.2
"""Pause after a cut, without calls, so that the bucket refills a little: while it is empty, the calls of several
workers, each evenly spaced, are still refused."""
PERSISTENT_SECONDS = 2.0
"""Shortest time of refusals that contradicts a limit reported by headers, unless there are more than `MANY` of them."""
MANY = 10
FEW = 3
"""Smallest number of calls from which a limit is concluded."""
FIRST = 5.0
"""Initial calls a second when the first calls were refused before any was accepted: nothing is known then, and the rate
is discovered by doubling it every second."""
FIRST_PART = 0.25
"""Smallest guess, as a fraction of the refill of one second, assuming a bucket that held one second's worth."""
BLIND_GROWTH = 1.0
UNMEASURED_GROWTH = 0.12
"""Growth a second, as a fraction of the rate, while the limit is only bounded: the sooner the next refusal comes, the
sooner the limit is measured, and the less of it is left unused until then."""
SLOWEST_GROWTH = 0.003
FASTEST_GROWTH = 0.05
CAREFUL_SECONDS = 8.0
"""Time without a cut in which growth doubles; growth a second is slowest right after a cut."""
MOST_AHEAD = 3.0
"""Largest found rate, as a multiple of the rate in use: beyond that, accepted calls do not confirm it."""
LEAST = 0.1
SILENT_SECONDS = 1.0
"""Age of a worker's last report from which its calls are no longer extrapolated."""
_SAME = 0.99
_BIN_SECONDS = 0.1
_BINS = int(LONGEST_SECONDS / _BIN_SECONDS)


@dataclass(frozen=True, slots=True)
class _Report:
    """Last report of another worker: its calls since its start, and calls a second since the report before."""

    total: float
    at: float
    rate: float


class SentCalls:
    """Calls of the last seconds that were sent and not refused, by all workers, in bins of a tenth of a second."""

    def __init__(self) -> None:
        self._bins = [0.0] * _BINS
        self._newest = 0
        self._others: dict[str, _Report] = {}

    def add(self, amount: float, now: float, seconds: float = 0.0) -> None:
        """Record `amount` granted calls, spread evenly over the last `seconds`."""
        newest = int(now / _BIN_SECONDS)
        if newest > self._newest:
            for each in range(max(self._newest + 1, newest - _BINS + 1), newest + 1):
                self._bins[each % _BINS] = 0.0
            self._newest = newest
        count = 1 + min(_BINS - 1, int(seconds / _BIN_SECONDS))
        for each in range(newest - count + 1, newest + 1):
            self._bins[each % _BINS] += amount / count

    def record_total(self, worker: str, total: float, now: float) -> None:
        """Record that another worker has sent `total` calls since it started."""
        last = self._others.get(worker)
        if last is None or total < last.total / 2.0 or now - last.at > LONGEST_SECONDS:
            self._others[worker] = _Report(total, now, 0.0)
            self._others = {name: seen for name, seen in self._others.items() if now - seen.at <= LONGEST_SECONDS}
        elif now > last.at:
            self.add(total - last.total, now, now - last.at)
            self._others[worker] = _Report(total, now, (total - last.total) / (now - last.at))

    def since(self, at: float, now: float) -> float:
        """Return the calls granted since `at`; those of other workers after their last reports are extrapolated."""
        begin = at / _BIN_SECONDS
        first = max(int(begin), self._newest - _BINS + 1)
        known = sum(self._bins[each % _BINS] for each in range(first, self._newest + 1))
        if first <= self._newest:
            known -= max(0.0, begin - first) * self._bins[first % _BINS]
        return known + sum(
            seen.rate * (now - max(at, seen.at)) for seen in self._others.values() if now - seen.at < SILENT_SECONDS
        )


class Discovery:
    """Rate that the whole account accepts; None as long as nothing was refused. Shares are fractions of the account."""

    def __init__(self) -> None:
        self.found: float | None = None
        self._blind = True
        self._measured = False
        self._adopted = False
        self._window = float(FIRST_IN_FLIGHT)
        self._taken = SentCalls()
        self._began = inf
        self._grown = 0.0
        self._refusals = 0
        """Refused calls of this worker in the current search."""
        self._cut_at = -inf
        self._calm_since = -inf
        self._episode_at = -inf

    def most_in_flight(self, share: float) -> float:
        return inf if self.found is not None else max(1.0, self._window * share)

    @property
    def rate_to_report(self) -> float | None:
        """Return the found rate for the other workers; None where it is a guess."""
        return None if self._blind else self.found

    def adopt(self, found: float, now: float) -> None:
        """Adopt the rate that another worker found, in place of no rate or a guess."""
        self.found = found
        self._blind, self._measured, self._adopted = False, True, True
        self._calm_since = self._grown = now

    def sent(self, now: float) -> None:
        self._began = min(self._began, now)
        self._taken.add(1.0, now)

    def record_total(self, worker: str, total: float, now: float) -> None:
        """Record that another worker has sent `total` calls since it started that were not refused."""
        self._taken.record_total(worker, total, now)

    def accepted(self, now: float, share: float, bound: float | None) -> None:
        """Record an accepted call; it raises the rate or the in-flight limit.

        `bound`: the limit known from another source; a found rate above it is dropped, since there is nothing to find.
        """
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

    def refused(self, now: float, rate: float | None, *, stated: bool = False) -> bool:
        """Record a refusal. Return whether calls are to pause for a while.

        `rate`: the rate at which the whole account is used now. `stated`: the provider's headers report that rate. Then
        it holds until refusals continue long enough to measure another one: a single refusal shows only that the bucket
        was empty, as it is at first, or that calls came in a burst.
        """
        self._taken.add(-1.0, now)
        self._refusals = self._refusals + 1 if now - self._cut_at < EPISODE_SECONDS else 1
        if now - self._cut_at < CUT_SECONDS:
            return False
        goes_on = now - self._cut_at < EPISODE_SECONDS
        empty_at = self._episode_at if goes_on else self._cut_at
        if not goes_on:
            self._episode_at = now
        if stated and self._refusals <= MANY and not PERSISTENT_SECONDS <= now - empty_at <= LONGEST_SECONDS:
            self._cut_at = now
            return True
        self._cut(max(LEAST, self._limit(now, empty_at, rate)), now)
        return True

    def _limit(self, now: float, empty_at: float, rate: float | None) -> float:
        """Return the limit to use after a refusal, given that the bucket was also empty at `empty_at`."""
        known = now - empty_at <= LONGEST_SECONDS
        since = empty_at if known else max(min(self._began, now), now - UNBOUNDED_SECONDS)
        seconds = now - since
        if self._adopted and not known and seconds < UNBOUNDED_SECONDS and rate is not None:
            return rate * BELOW  # the rate that others found is more reliable than a new worker's first moments
        taken = self._taken.since(since, now)
        if taken < FEW or (not known and seconds < LEAST_SECONDS):
            if rate is None:
                return max(FIRST, FIRST_PART * taken / (seconds + 1.0))
            return rate * MOST_CUT
        is_guess = self._blind and self.found is not None
        self._blind = False
        if is_guess and known:
            # The guess may have been far too low. Then the bucket was full in between and its refill was lost, so this
            # is not a measurement either, but a lower bound.
            return BELOW * taken / seconds
        self._measured = self._measured or known
        found = (BELOW if self._measured else BELOW_BOUND) * taken / seconds
        if rate is None:
            return found
        most = MOST_CUT if seconds >= LEAST_SECONDS else MOST_CUT_SOON
        return max(rate * most, min(found, rate * BELOW))  # one refusal neither cuts far at once nor raises the rate

    def adopt_refused(self, found: float, now: float, bound: float | None) -> bool:
        """Adopt the rate `found` of another worker that was refused, before this worker is refused itself.

        Return whether the rate was cut.
        """
        if now - self._cut_at < CUT_SECONDS or found >= _SAME * (self.found or bound or inf):
            return False
        if now - self._cut_at >= EPISODE_SECONDS:
            self._episode_at = now
        self._blind = False
        self._cut(found, now)
        return True

    def _growth(self, now: float) -> float:
        """Return the growth a second, as a fraction of the rate."""
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
