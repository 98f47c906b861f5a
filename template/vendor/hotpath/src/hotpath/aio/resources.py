"""What a process shares, as the engine knows it; a service subclasses it to add its own."""

from dataclasses import dataclass, field
from functools import cached_property

from hotpath.aio.cache.cache import Cache
from hotpath.aio.db.batching import Loaders
from hotpath.aio.db.database import Database
from hotpath.aio.http_client.client import HttpClient
from hotpath.aio.tasks.tasks import Tasks
from hotpath.db.revisions import Revisions
from hotpath.debug.monitor import Monitor
from hotpath.observability.metrics import Metrics
from hotpath.settings import ServiceSettings


@dataclass
class Draining:
    """Whether this process was told to stop and takes no new work."""

    is_draining: bool = False

    def start(self) -> None:
        """From now on `/readyz` answers 503."""
        self.is_draining = True


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What routes, workers and commands use."""

    settings: ServiceSettings
    metrics: Metrics
    db: Database
    loaders: Loaders
    cache: Cache
    tasks: Tasks
    http: HttpClient
    draining: Draining = field(default_factory=Draining)

    def __post_init__(self) -> None:
        """Read files of revisions now: later that would block the event loop."""
        Revisions.of(self.settings.service)

    @property
    def revisions(self) -> Revisions:
        """The revisions that this code comes with."""
        return Revisions.of(self.settings.service)

    @cached_property
    def monitor(self) -> Monitor:
        """What the process remembers of its last minute, for `/debug`."""
        return Monitor(self.metrics)
