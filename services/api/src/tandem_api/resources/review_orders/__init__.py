"""Orders of review: the records on which jobs differ, each put into one job's queue."""
