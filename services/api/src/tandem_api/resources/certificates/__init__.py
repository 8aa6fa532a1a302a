"""Certificates of jobs: plan, open, follow, close, and their files."""
