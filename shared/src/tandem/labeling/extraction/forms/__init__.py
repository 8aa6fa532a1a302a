"""Forms that hold a value in an answer: JSON, fences, lines, marks, sentences."""
