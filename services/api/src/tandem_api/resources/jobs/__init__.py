"""Jobs: an agent over a fixed selection of records."""
