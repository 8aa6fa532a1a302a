"""Prices of calls to models: a dated price table, the price of an answer, the most that a request can cost, what a job
will likely take. Pure.

Files are read by `tandem.pricing.files`, at the edge.
"""

from tandem.pricing.amounts import in_dollars
from tandem.pricing.bound import MOST_PAID_CALLS, REASONING_ROOM, Cost, RequestBound, prompt_size, room_after_truncation
from tandem.pricing.estimate import CallSizes, CostEstimate, ReportedLimits, estimate
from tandem.pricing.sizes import Range, prompt_tokens, text_tokens
from tandem.pricing.spend import ModelSpend, add_up, price_of, spend_of, totals_of
from tandem.pricing.table import ListPrice, PriceFile, PriceFileError, PriceTable, parse_prices

__all__ = [
    "MOST_PAID_CALLS",
    "REASONING_ROOM",
    "CallSizes",
    "Cost",
    "CostEstimate",
    "ListPrice",
    "ModelSpend",
    "PriceFile",
    "PriceFileError",
    "PriceTable",
    "Range",
    "ReportedLimits",
    "RequestBound",
    "add_up",
    "estimate",
    "in_dollars",
    "parse_prices",
    "price_of",
    "prompt_size",
    "prompt_tokens",
    "room_after_truncation",
    "spend_of",
    "text_tokens",
    "totals_of",
]
