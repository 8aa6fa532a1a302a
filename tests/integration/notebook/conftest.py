"""Fixtures of these tests."""

from notebook_world import world

__all__ = ["world"]
