"""Certificates of jobs: what was frozen and committed to, how far people have read, and the document. Writer: api."""
