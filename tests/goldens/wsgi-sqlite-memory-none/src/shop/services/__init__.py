"""Real servers for development and tests, without Docker or root; production never starts one.

`development.py` keeps servers and data below `.dev/`, `testing.py` makes them for one test session.
Each service of the stack is a module of this room that exports `SERVICE`.
"""

from .service import RunningService, Service, ServiceError, discover

__all__ = ["RunningService", "Service", "ServiceError", "discover"]
