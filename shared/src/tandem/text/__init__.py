"""Plain text: control characters, delimiters, token counts, embeddings."""
