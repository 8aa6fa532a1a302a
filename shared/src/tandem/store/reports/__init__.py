"""Reports: what a job that has ended gave, as the API says it. Writer: api. Made again when annotations change."""
