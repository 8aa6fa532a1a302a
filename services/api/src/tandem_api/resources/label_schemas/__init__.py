"""Label schemas: what may be answered, in immutable versions."""
