"""Profiles of the live process, of one request and of one function; nothing of it runs while off.

`pyinstrument` is imported when the first profile starts.
"""
