"""Exports of other annotation tools: each row becomes a plain row, and what people said about it."""
