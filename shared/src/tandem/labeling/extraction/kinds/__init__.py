"""What value a piece of an answer is, for each kind of task."""
