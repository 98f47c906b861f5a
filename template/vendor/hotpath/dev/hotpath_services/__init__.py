"""Real servers for development and tests, without Docker or root; production never starts one.

`development.py` keeps servers and data below `.dev/`, `testing.py` makes them for one test session.
"""

from hotpath_services.kinds import servers_of
from hotpath_services.service import RunningService, ServerKind, ServiceError

__all__ = ["RunningService", "ServerKind", "ServiceError", "servers_of"]
