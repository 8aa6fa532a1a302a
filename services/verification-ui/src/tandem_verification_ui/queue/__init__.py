"""Ways of records into the review queue: events as they happen, a sweep when events were lost."""
