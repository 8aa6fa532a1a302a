"""Subsets: saved, named, frozen selections of a data set. Writer: api."""
