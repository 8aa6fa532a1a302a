"""Find: records of a data set or a job that an expression matches."""
