"""People: whom credentials belong to, and who documents say did something. Writer: api."""
