"""The settings of a whole service: what is common to all, and how they are read."""

from typing import Literal, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from hotpath.service import Service
from hotpath.settings.cache import CacheSettings
from hotpath.settings.database import DatabaseSettings, PostgresSettings
from hotpath.settings.http_client import HttpClientSettings
from hotpath.settings.observability import ObservabilitySettings
from hotpath.settings.server import AsgiServerSettings, ServerSettings
from hotpath.settings.tasks import TaskSettings

ENV_FILES = (".dev/services.env", ".env")
MIN_KEY_LENGTH = 16
_ASYNCPG_ARGUMENTS = {"host", "port", "sslmode", "target_session_attrs"}
_MESSAGES = {"extra_forbidden": "there is no such setting"}


class ServiceSettings(BaseSettings):
    """The settings of one process. Reading them costs a file or two, so read them once.

    A variable is `<PACKAGE>_<SECTION>__<NAME>`, such as `SHOP_SERVER__PORT`. A service subclasses
    this and names the class of each section:

        class Settings(ServiceSettings):
            db: PostgresSettings = PostgresSettings()
    """

    model_config = SettingsConfigDict(
        env_nested_delimiter="__",
        env_file=ENV_FILES,
        extra="ignore",
        defer_build=True,  # `--help` needs none of it
        nested_model_default_partial_update=True,
    )

    environment: Literal["development", "test", "production"] = "development"
    """development: readable logs. production: JSON logs, and a secret key of your own."""

    secret_key: SecretStr = SecretStr("development-only")
    """Signs page cursors and shared cache entries. The same in all processes; at least 16
    characters in production."""

    server: ServerSettings
    db: DatabaseSettings
    cache: CacheSettings
    tasks: TaskSettings
    http_client: HttpClientSettings = HttpClientSettings()
    observability: ObservabilitySettings = ObservabilitySettings()

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        """Have variables start with the name of the package that defines these settings."""
        cls.model_config["env_prefix"] = _service_of(cls).env_prefix

    @property
    def service(self) -> Service:
        """The service whose package defines these settings."""
        return _service_of(type(self))

    @property
    def is_production(self) -> bool:
        """Whether logs are JSON and defaults for development are refused."""
        return self.environment == "production"

    @model_validator(mode="after")
    def _require_own_key(self) -> Self:
        is_ours = self.secret_key != type(self).model_fields["secret_key"].default
        is_long = len(self.secret_key.get_secret_value()) >= MIN_KEY_LENGTH
        if self.is_production and not (is_ours and is_long):
            raise ValueError(
                f"{self.service.env_prefix}SECRET_KEY must be your own in production, "
                f"with {MIN_KEY_LENGTH} characters or more"
            )
        return self

    @model_validator(mode="after")
    def _require_known_arguments(self) -> Self:
        if isinstance(self.db, PostgresSettings) and isinstance(self.server, AsgiServerSettings):
            query = urlsplit(self.db.url.get_secret_value()).query
            unknown = sorted({name for name, _ in parse_qsl(query)} - _ASYNCPG_ARGUMENTS)
            if unknown:
                raise ValueError(
                    f"{self.service.env_prefix}DB__URL: after the ? only "
                    f"{', '.join(sorted(_ASYNCPG_ARGUMENTS))} are allowed, not {unknown[0]}"
                )
        return self

    @model_validator(mode="after")
    def _name_connections(self) -> Self:
        if isinstance(self.db, PostgresSettings) and not self.db.application_name:
            name = {"application_name": self.service.package}
            self.db = self.db.model_copy(update=name)
        return self

    @model_validator(mode="after")
    def _choose_level(self) -> Self:
        if not self.observability.level:
            level = {"level": "debug" if self.environment == "development" else "info"}
            self.observability = self.observability.model_copy(update=level)
        return self


def _service_of(settings: type[ServiceSettings]) -> Service:
    return Service(settings.__module__.partition(".")[0])


S = TypeVar("S", bound=ServiceSettings)


class InvalidSettings(ValueError):
    """Every wrong setting, one sentence a line."""


def read(settings: type[S]) -> S:
    """Read and check all settings of this class.

    Raises:
        InvalidSettings: names every wrong variable at once.
    """
    prefix = settings.model_config.get("env_prefix", "")
    try:
        return settings()
    except UnicodeDecodeError:
        raise InvalidSettings(f"{' or '.join(ENV_FILES)} is no text in UTF-8.") from None
    except ValidationError as error:
        problems = error.errors()
        lines = [
            _sentence(prefix, each["loc"], _MESSAGES.get(each["type"], each["msg"]))
            for each in problems
        ]
        raise InvalidSettings("\n".join(lines)) from None
    except SettingsError as error:  # a section that is set as a whole
        raise InvalidSettings(f"{error}; set {prefix}<SECTION>__<NAME> instead") from None


def _sentence(prefix: str, location: tuple[int | str, ...], message: str) -> str:
    if not location:
        return message.removeprefix("Value error, ")
    variable = prefix + "__".join(str(part) for part in location).upper()
    return f"{variable}: {message.removeprefix('Value error, ')}"
