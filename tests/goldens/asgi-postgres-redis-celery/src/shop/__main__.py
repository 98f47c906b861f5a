"""Where a process begins: `serve` alone as it is, all other words through the command line.

The library of commands takes 70 ms and, with rich, 7 MB, which a service would keep to its end.
"""

import sys

from .observability.garbage import leave_start_alone


def main() -> None:
    """Do what the words of the command say."""
    words = sys.argv[1:]
    if words[:1] == ["serve"]:
        leave_start_alone()
    if words == ["serve"]:
        from .commands.serving import serve

        serve()
    else:
        from .cli import app

        app()


if __name__ == "__main__":
    main()
