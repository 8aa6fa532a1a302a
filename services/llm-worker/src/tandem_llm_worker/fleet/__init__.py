"""What workers tell each other, and how they share accounts by it."""
