"""Orders of review: records on which jobs differ, to be sent to people. Writer: api."""
