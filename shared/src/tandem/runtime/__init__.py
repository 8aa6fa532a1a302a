"""Building blocks of processes: the frame of a service, child processes, HTTP servers and clients, clocks."""
