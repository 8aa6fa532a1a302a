"""Data sets: their records, and the import that fills them."""
