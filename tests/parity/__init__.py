"""Sends the same bytes to services of both web flavours, and compares what they respond.

`services.py` serves rendered projects, `exchange.py` talks to them, `requests.py` holds requests
that once were read differently, and `strategies.py` generates any others.
"""
