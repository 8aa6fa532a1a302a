"""What is told before a run: preflight, estimates, try-outs."""
