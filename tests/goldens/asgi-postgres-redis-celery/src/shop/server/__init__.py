"""The HTTP server process: which address, how many workers, how it stops."""
