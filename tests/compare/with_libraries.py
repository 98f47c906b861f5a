"""Runs uvicorn after importing the modules that a file lists: in the environment of a rendered
project, all of other people that its service imports. What a typical service with the same
libraries holds in memory, and how late it starts.
"""

import importlib
import sys
from pathlib import Path

if __name__ == "__main__":
    _, listed, *arguments = sys.argv
    for name in Path(listed).read_text("utf-8").split():
        importlib.import_module(name)
    uvicorn = importlib.import_module("uvicorn")
    sys.path.insert(0, ".")
    uvicorn.main(arguments)
