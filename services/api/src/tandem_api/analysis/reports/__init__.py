"""Reports: what a job gave, live while it runs and kept when it has ended."""
