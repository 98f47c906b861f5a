"""The features of this service, folders of this package. Add yours here."""

FEATURES = (
    "users",
    "posts",
)
"""Their tables, routes, tasks and cached rows are found in modules of the same names in each."""
