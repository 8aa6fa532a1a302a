"""Terms under which a campaign asks: the order of its records and the share of them that is read blind. Pure."""

from __future__ import annotations

from tandem.events import CampaignOrder, CampaignTerms
from tandem.review.campaigns.drawing import draw
from tandem.review.campaigns.strategy import Pick


def priority_under(terms: CampaignTerms, pick: Pick) -> float:
    """Return the priority of a picked record in the queue, which serves equal priorities by seq."""
    match terms.order:
        case CampaignOrder.URGENT:
            return pick.priority
        case CampaignOrder.SEQ:
            return 0.0
        case CampaignOrder.RANDOM:
            return draw(terms.key, "order", pick.seq)


def is_blind(terms: CampaignTerms, seq: int) -> bool:
    """Return whether the record is read blind: its reader does not see the model's label."""
    return terms.blind_share > 0 and draw(terms.key, "blind", seq) < terms.blind_share
