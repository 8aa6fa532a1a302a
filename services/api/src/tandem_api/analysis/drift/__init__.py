"""Drift: whether an agent's labels became worse than accepted, by blind reads of a share of them."""
