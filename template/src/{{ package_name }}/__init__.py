"""The service. `resources.py` says what a process opens, `app.py` what it serves."""
