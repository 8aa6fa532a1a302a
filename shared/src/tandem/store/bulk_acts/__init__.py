"""Bulk acts: one person's opinion on many records at once, each an opinion of its own. Writer: verification-ui."""
