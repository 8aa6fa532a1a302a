"""All strategies, by name. Add a strategy here."""

from __future__ import annotations

from tandem.review.campaigns.strategies.certificate import CERTIFICATE
from tandem.review.campaigns.strategies.chosen import CHOSEN
from tandem.review.campaigns.strategies.disagreement import DISAGREEMENT
from tandem.review.campaigns.strategies.expected_error import EXPECTED_ERROR
from tandem.review.campaigns.strategies.flips import FLIPS
from tandem.review.campaigns.strategies.random_audit import RANDOM_AUDIT
from tandem.review.campaigns.strategies.stream_audit import STREAM_AUDIT
from tandem.review.campaigns.strategies.thresholds import THRESHOLDS
from tandem.review.campaigns.strategy import Strategy

STRATEGIES: dict[str, Strategy] = {
    strategy.name: strategy
    for strategy in (THRESHOLDS, DISAGREEMENT, RANDOM_AUDIT, STREAM_AUDIT, FLIPS, EXPECTED_ERROR, CHOSEN, CERTIFICATE)
}
