"""What the API says of itself."""

from importlib.metadata import metadata

_PROJECT = metadata(__package__.partition(".")[0].replace("_", "-"))
TITLE = _PROJECT["Name"]
VERSION = _PROJECT["Version"]
DESCRIPTION = _PROJECT["Summary"]
