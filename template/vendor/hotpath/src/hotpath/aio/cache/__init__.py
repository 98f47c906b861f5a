"""The cache: L1 in this process, L2 in Redis, L3 in a table of the database."""
