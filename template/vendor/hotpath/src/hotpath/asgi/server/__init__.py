"""HTTP servers: `run.py` starts the one that the settings name."""
