"""Sends the same bytes to services of both web flavours, and compares what they respond.

`services.py` serves rendered projects, `exchange.py` talks to them, `requests.py` holds requests
that may be read in several ways, and `strategies.py` generates any others. `documented/` is what
schemathesis gets.
"""
