"""Projects: what datasets, label schemas, agents, jobs and people's access belong to. Writer: api."""
