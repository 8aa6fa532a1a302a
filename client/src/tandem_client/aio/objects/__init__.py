"""Methods of projects, data sets, agents and jobs."""
