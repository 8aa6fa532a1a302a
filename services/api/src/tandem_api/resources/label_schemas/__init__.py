"""Label schemas: the allowed answers, in immutable versions."""
