"""The review queue: one item for each record of a job that a person should see. Written by verification-ui."""
