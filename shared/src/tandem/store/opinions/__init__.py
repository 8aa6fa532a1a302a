"""People's opinions on records of jobs, append-only, in revisions. Written by verification-ui.

The collection keeps its name `verifications`: a decision of an older version is the opinion of a job with one reader,
and replicas of that version write beside this one, under the same unique index of revisions.
"""
