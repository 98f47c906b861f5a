"""Logs, metrics and what is recorded about each request."""
