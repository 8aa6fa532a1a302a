"""What makes a label: prompts, extraction from answers, confidence. Pure rules; nothing here does I/O."""
