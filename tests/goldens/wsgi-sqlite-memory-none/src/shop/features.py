"""The features of this service, folders of this package. Add yours here."""

FEATURES: tuple[str, ...] = ()
"""Their tables, routes, tasks and cached rows are found in modules of the same names in each."""
