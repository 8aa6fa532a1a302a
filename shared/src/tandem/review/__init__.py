"""Settlement of records on which people gave opinions. Pure: no I/O.

`settled(opinions, policy)` is the one rule. Each writer of a record's opinion applies it and publishes the result;
exports, reports, comparisons, combinations and the page read that result and decide nothing themselves.
"""

from tandem.review.blindness import may_see_values
from tandem.review.policy import MOST_READERS, OpinionPolicy
from tandem.review.settling import (
    Opinion,
    RecordState,
    Settlement,
    TaskSettlement,
    Why,
    current,
    may_see_others,
    needs_adjudicator,
    settled,
)

__all__ = [
    "MOST_READERS",
    "Opinion",
    "OpinionPolicy",
    "RecordState",
    "Settlement",
    "TaskSettlement",
    "Why",
    "current",
    "may_see_others",
    "may_see_values",
    "needs_adjudicator",
    "settled",
]
