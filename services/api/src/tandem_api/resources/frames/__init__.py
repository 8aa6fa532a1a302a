"""Data sets and jobs as data frames."""
