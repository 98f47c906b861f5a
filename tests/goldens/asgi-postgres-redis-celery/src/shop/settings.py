"""Everything that can be set, one section per room; read from the environment, then `.env`.

A variable is `<PREFIX><SECTION>__<NAME>`, such as `…_SERVER__PORT`; `.env.example` lists them all.
"""

from typing import Literal, Self

from pydantic import SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from .cache.settings import CacheSettings
from .db.settings import DatabaseSettings
from .observability.settings import LogSettings
from .server.settings import ServerSettings
from .tasks.settings import TaskSettings

PREFIX = f"{__package__.upper()}_"
ENV_FILES = (".dev/services.env", ".env")
MIN_KEY_LENGTH = 16
_PLAIN = {"extra_forbidden": "there is no such setting"}


class Settings(BaseSettings):
    """The settings of one process; reading them costs a file or two, so read them once."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=ENV_FILES,
        extra="ignore",
        nested_model_default_partial_update=True,
    )

    environment: Literal["development", "test", "production"] = "development"
    """development: readable logs. production: JSON logs, and a secret key of your own."""

    secret_key: SecretStr = SecretStr("development-only")
    """Signs page cursors. The same in all processes; at least 16 characters in production."""

    server: ServerSettings = ServerSettings()
    db: DatabaseSettings = DatabaseSettings()
    cache: CacheSettings = CacheSettings()
    tasks: TaskSettings = TaskSettings()
    observability: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _production_has_its_own_key(self) -> Self:
        is_ours = self.secret_key != type(self).model_fields["secret_key"].default
        is_long = len(self.secret_key.get_secret_value()) >= MIN_KEY_LENGTH
        if self.environment == "production" and not (is_ours and is_long):
            raise ValueError(
                f"{PREFIX}SECRET_KEY must be your own in production, "
                f"with {MIN_KEY_LENGTH} characters or more"
            )
        return self


class InvalidSettings(ValueError):
    """Every wrong setting, one plain sentence a line."""


def read_settings() -> Settings:
    """Read and check all settings.

    Raises:
        InvalidSettings: names every wrong variable at once.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = error.errors()
        lines = [_sentence(each["loc"], _PLAIN.get(each["type"], each["msg"])) for each in problems]
        raise InvalidSettings("\n".join(lines)) from None
    except SettingsError as error:  # a section that is given as a whole
        raise InvalidSettings(f"{error}; set {PREFIX}<SECTION>__<NAME> instead") from None


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    if not location:
        return message.removeprefix("Value error, ")
    variable = PREFIX + "__".join(str(part) for part in location).upper()
    return f"{variable}: {message.removeprefix('Value error, ')}"
