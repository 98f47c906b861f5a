"""Which servers a service needs, by the classes of its settings."""

from hotpath.service import Service
from hotpath_services.postgres import Postgres
from hotpath_services.service import ServerKind
from hotpath_services.valkey import Valkey

KINDS: tuple[type[ServerKind], ...] = (Postgres, Valkey)


def servers_of(service: Service) -> tuple[ServerKind, ...]:
    """Return the kinds of servers whose URL some setting of the service takes."""
    return tuple(kind for kind in (each(service) for each in KINDS) if kind.variables)
