"""Exports of jobs and data sets as files."""
