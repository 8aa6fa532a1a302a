"""Opinions on any record of a job: open it, give one, withdraw it, list them with what holds."""
