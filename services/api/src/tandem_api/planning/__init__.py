"""Planning before a run: preflight, estimates, try-outs."""
