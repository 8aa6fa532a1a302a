"""Resources that users keep: projects, label schemas, data sets, agents, jobs, annotations, people's keys; a folder
each."""
