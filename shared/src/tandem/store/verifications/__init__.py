"""People's decisions, append-only: the highest revision of a record in a job holds. Written by verification-ui."""
