"""How long what is not for keeping is kept."""

from __future__ import annotations

from datetime import timedelta

TRYOUTS_KEPT = timedelta(days=30)
"""Hidden jobs with their annotations, and records that were made up for them."""
