"""The review queue: accepts what a model was unsure of, gives it to people, records and publishes their decisions."""
