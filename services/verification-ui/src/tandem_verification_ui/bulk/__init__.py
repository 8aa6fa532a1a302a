"""Bulk acts: confirm, or set a label, on all records that an expression matches; counted before, undone as one."""
