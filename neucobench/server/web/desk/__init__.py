"""The host's desk: phases, queue, failures, people, audit log."""
