"""How records get into the review queue: by events as they happen, by a sweep when events were lost."""
