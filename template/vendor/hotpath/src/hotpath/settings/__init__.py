"""What can be set about a service, one class per section; a project picks one of each.

Settings are read from the environment, then from `.env`, then from `.dev/services.env`, which
`services up` writes, and last from variables that platforms set, such as `DATABASE_URL`.
"""

from hotpath.settings.cache import CacheSettings, MemoryCacheSettings, RedisCacheSettings
from hotpath.settings.database import DatabaseSettings, PostgresSettings, SqliteSettings
from hotpath.settings.http_client import HttpClientSettings
from hotpath.settings.observability import ObservabilitySettings
from hotpath.settings.server import AsgiServerSettings, ServerSettings, WsgiServerSettings
from hotpath.settings.service import ServiceSettings, read
from hotpath.settings.sources import InvalidSettings
from hotpath.settings.tasks import CelerySettings, InProcessSettings, TaskSettings

__all__ = [
    "AsgiServerSettings",
    "CacheSettings",
    "CelerySettings",
    "DatabaseSettings",
    "HttpClientSettings",
    "InProcessSettings",
    "InvalidSettings",
    "MemoryCacheSettings",
    "ObservabilitySettings",
    "PostgresSettings",
    "RedisCacheSettings",
    "ServerSettings",
    "ServiceSettings",
    "SqliteSettings",
    "TaskSettings",
    "WsgiServerSettings",
    "read",
]
