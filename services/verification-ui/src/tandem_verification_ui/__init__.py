"""The review queue: takes in what a model was unsure of, hands it to people, records and publishes their decisions."""
