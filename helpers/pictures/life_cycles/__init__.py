"""The life cycle: which states the sockets of a recording went through, and by which calls."""
