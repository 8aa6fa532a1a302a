"""Projects: everything else belongs to one."""
