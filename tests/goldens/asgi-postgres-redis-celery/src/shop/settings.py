"""The settings: the engine's sections, and your own."""

from hotpath.settings import (
    AsgiServerSettings,
    CelerySettings,
    HttpClientSettings,
    ObservabilitySettings,
    PostgresSettings,
    RedisCacheSettings,
    ServiceSettings,
    read,
)


class Settings(ServiceSettings):
    """Read from the environment, then `.env`; `.env.example` has the engine's.

    Add fields and sections here; a section is a Pydantic model with `extra="forbid"`.
    """

    server: AsgiServerSettings = AsgiServerSettings()
    db: PostgresSettings = PostgresSettings()
    cache: RedisCacheSettings = RedisCacheSettings()
    tasks: CelerySettings = CelerySettings()
    http_client: HttpClientSettings = HttpClientSettings()
    observability: ObservabilitySettings = ObservabilitySettings()


def read_settings() -> Settings:
    """Read the settings, once per process.

    Raises:
        InvalidSettings: names every wrong variable.
    """
    return read(Settings)
