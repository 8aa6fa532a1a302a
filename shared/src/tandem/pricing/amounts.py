"""Sums of money as people read them."""

from __future__ import annotations

from math import floor, log10


def in_dollars(amount: float) -> str:
    """Format with two places at least, three significant digits: $5.00, $0.50, $0.0123."""
    if amount >= 1 or amount <= 0:
        return f"${amount:,.2f}"
    whole, places = f"{amount:.{max(2, 2 - floor(log10(amount)))}f}".split(".")
    return f"${whole}.{places[:2]}{places[2:].rstrip('0')}"
