"""What processes are built from: the frame of a service, child processes, HTTP servers and clients, clocks."""
