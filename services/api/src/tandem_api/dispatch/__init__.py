"""The dispatcher: feeds running jobs to Kafka. A process of its own beside the API, of the same service.

It walks each job's records with a cursor and keeps a window of requests outstanding. Everything it must remember across
a crash stands in the job's document (`dispatch`), written before the requests go out; what it keeps in memory can be
made again from that and from the annotations.
"""
