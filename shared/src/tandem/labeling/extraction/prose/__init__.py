"""What a sentence does with a label: asserts it, denies it, or mentions it in passing."""
