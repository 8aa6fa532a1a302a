"""Rules that produce labels: prompts, extraction from answers, confidence. Pure; nothing here does I/O."""
