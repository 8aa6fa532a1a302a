"""Jobs: one agent over a fixed selection of records.

Writers, both of the api service: `writer` (its HTTP side: creation, pause, resume, cancel) and `dispatch_writer` (the
dispatcher: lease, cursor, completion).
"""
