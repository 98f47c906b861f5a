"""Writes new features: what `new` of the command line does."""
