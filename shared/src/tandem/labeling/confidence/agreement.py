"""Confidence by agreement: the share of the answers of one model, or of several agents, that give the same label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from tandem.labeling.confidence.measure import Confidence, Method, UnknownReason, entropy_of

V = TypeVar("V", bound=Hashable)


def agreement(
    votes: Sequence[V | None], *, options: Sequence[V] = (), method: Method = Method.AGREEMENT
) -> tuple[V, Confidence | UnknownReason] | None:
    """Return the value that most votes give, and its share of the votes.

    A vote of None is an answer that could not be read, or an agent without a label: it agrees with nothing, but counts
    as one that was asked, so that what is left over does not look unanimous. Of equally many, the value said first is
    taken. None when no vote has a value. Where `options` are texts, `probabilities` holds the share of each among the
    votes with a value, also of those that nobody said.
    """
    said = Counter(vote for vote in votes if vote is not None)
    if not said:
        return None
    value, count = said.most_common(1)[0]  # of equals the one counted first
    if len(votes) < 2:
        return value, UnknownReason.ONE_SAMPLE
    second = max((number for other, number in said.items() if other != value), default=0)
    total = said.total()
    shares = {option: said[option] / total for option in dict.fromkeys((*options, *said))}
    named: dict[str, float] = {str(option): share for option, share in shares.items() if isinstance(option, str)}
    return value, Confidence(
        count / len(votes),
        named if len(named) == len(shares) else None,
        (count - second) / len(votes),
        entropy_of({str(index): share for index, share in enumerate(shares.values())}),
        method,
    )


def inclusion(votes: Sequence[frozenset[str] | None], options: Sequence[str]) -> dict[str, float] | UnknownReason:
    """Return, for a multiple choice, each option's share of the answers that hold it. Unread answers hold none."""
    if len(votes) < 2:
        return UnknownReason.ONE_SAMPLE
    return {option: sum(vote is not None and option in vote for vote in votes) / len(votes) for option in options}


def of_agents(
    labels: Mapping[str, V | None], *, options: Sequence[V] = ()
) -> tuple[V, Confidence | UnknownReason] | None:
    """Return the label that most agents gave a record. `labels`: agent to its value, None where it has none.

    Agents are taken in the order of their names, so that a tie is settled the same way each time.
    """
    return agreement([labels[agent] for agent in sorted(labels)], options=options, method=Method.AGENT_AGREEMENT)
