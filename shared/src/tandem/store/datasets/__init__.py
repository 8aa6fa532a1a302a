"""Data sets: named collections of records, filled by imports. Writer: api."""
