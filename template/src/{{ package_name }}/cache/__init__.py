"""Read-through cache. Fails open: without it answers are slower, never missing."""
