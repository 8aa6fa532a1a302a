"""Where in an answer a value stands: JSON, fences, lines, marks, sentences."""
