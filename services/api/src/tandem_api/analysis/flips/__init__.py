"""Flips: what changes when one agent replaces another, and how many labels are wrong afterwards at most."""
