"""Parsers of record files as they stream in. They are strict: a fault is reported with its row, line, column and
cure."""
