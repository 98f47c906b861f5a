"""Logs, metrics and the layer around every request. Knows no web framework and no feature."""
