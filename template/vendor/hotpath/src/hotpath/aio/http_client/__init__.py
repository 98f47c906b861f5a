"""The client for other services: one pool of connections per process."""
