"""The parts of the stack that are not ours: MongoDB and a Kafka broker, from wheels, as child processes."""
