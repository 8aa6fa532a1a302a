"""Retention times of documents that are not kept for good."""

from __future__ import annotations

from datetime import timedelta

TRYOUTS_KEPT = timedelta(days=30)
"""Hidden jobs with their annotations, and records that were made up for them."""
