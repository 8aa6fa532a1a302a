"""Review campaigns: who is asked to look at what. Writer: api."""
