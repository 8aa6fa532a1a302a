"""People: listed, made, renamed, disabled."""
