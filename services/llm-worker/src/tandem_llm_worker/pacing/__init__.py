"""Pacing of calls within an account's limits, by one worker alone and as a fleet. See docs/limits.md."""

from tandem_llm_worker.pacing.estimate import TokenEstimate
from tandem_llm_worker.pacing.limiter import Limiter, Reservation
from tandem_llm_worker.pacing.limits import AccountLimits, Need

__all__ = ["AccountLimits", "Limiter", "Need", "Reservation", "TokenEstimate"]
