"""Labels in sentences: asserted, denied, or mentioned in passing."""
