"""Estimates of calls and jobs: tokens, price and time."""
