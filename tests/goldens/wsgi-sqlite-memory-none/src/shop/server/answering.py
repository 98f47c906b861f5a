"""What the connections of a process share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .settings import ServerSettings
from .threads import Outbox, Threads

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

ANSWERING = "answering"
"""Where in the state of the process this is found."""


@dataclass(frozen=True, slots=True)
class Answering:
    """What answers the requests of a process."""

    app: "WSGIApplication"
    threads: Threads
    outbox: Outbox
    settings: ServerSettings
