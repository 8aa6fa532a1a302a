"""Reports of a job's labels: live while it runs, kept when it has ended."""
