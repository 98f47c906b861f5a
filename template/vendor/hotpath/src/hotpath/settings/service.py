"""The settings of a whole service: what is common to all, and how they are read."""

from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import (
    GetCoreSchemaHandler,
    SecretStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    model_validator,
)
from pydantic_core import (
    CoreSchema,
    ErrorDetails,
    InitErrorDetails,
    PydanticCustomError,
    core_schema,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from hotpath.service import Service
from hotpath.settings.cache import CacheSettings
from hotpath.settings.database import DatabaseSettings, PostgresSettings
from hotpath.settings.http_client import HttpClientSettings
from hotpath.settings.misspelt import Names, names_of
from hotpath.settings.observability import ObservabilitySettings
from hotpath.settings.server import ServerSettings
from hotpath.settings.sources import (
    ENCODING,
    ENV_FILES,
    PLATFORM_VARIABLES,
    InvalidSettings,
    PlatformSource,
    PlatformValue,
    check_env_file,
    read_variables,
)
from hotpath.settings.tasks import TaskSettings

MIN_KEY_LENGTH = 16
_UNKNOWN = "extra_forbidden"
_OF_PLATFORMS = {
    at: variable for at, variable in reversed(PLATFORM_VARIABLES.items()) if variable != "PORT"
}
"""`SHOP_DATABASE_URL` is meant for `SHOP_DB__URL`; `SHOP_PORT` is Kubernetes'."""


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
        env_file_encoding=ENCODING,
        extra="ignore",
        hide_input_in_errors=True,
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

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Add the variables of platforms, after those of the service."""
        own = (init_settings, env_settings, dotenv_settings, file_secret_settings)
        files = getattr(dotenv_settings, "env_file", None) or ()
        named = (files,) if isinstance(files, str | Path) else files
        return (*own, PlatformSource(settings_cls, map(str, named)))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Have settings that are right apart, and not together, told with those that are wrong."""
        return core_schema.no_info_wrap_validator_function(_check_together, handler(source))

    @property
    def service(self) -> Service:
        """The service whose package defines these settings."""
        return _service_of(type(self))

    @property
    def is_production(self) -> bool:
        """Whether logs are JSON and defaults for development are refused."""
        return self.environment == "production"

    @model_validator(mode="after")
    def _require_no_contradictions(self) -> Self:
        if found := list(self._contradictions()):
            raise ValueError("\n".join(found))
        return self

    def _contradictions(self) -> Iterator[str]:
        prefix, metrics_port = self.service.env_prefix, self.observability.metrics_port
        is_ours = self.secret_key != type(self).model_fields["secret_key"].default
        is_long = len(self.secret_key.get_secret_value()) >= MIN_KEY_LENGTH
        if self.is_production and not (is_ours and is_long):
            yield (
                f"{prefix}SECRET_KEY: must be your own in production, "
                f"with {MIN_KEY_LENGTH} characters or more"
            )
        if metrics_port and metrics_port == self.server.port and not self.server.uds:
            yield (
                f"{prefix}OBSERVABILITY__METRICS_PORT: must not be {metrics_port}, which "
                f"{prefix}SERVER__PORT is; leave it 0 to have /metrics there"
            )

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


def read(settings: type[S]) -> S:
    """Read and check all settings of this class.

    Raises:
        InvalidSettings: names every wrong variable at once, or what is wrong with a file.
    """
    prefix = settings.model_config.get("env_prefix", "")
    for name in ENV_FILES:
        check_env_file(name, prefix)
    of_platforms = {variable: "__".join(at).upper() for at, variable in _OF_PLATFORMS.items()}
    names = Names(prefix, names_of(settings.model_fields), of_platforms)
    lines = [f"{name}: {why}" for name, why in names.misspelt(read_variables(ENV_FILES))]
    try:
        read = settings()
    except ValidationError as error:
        lines += [_sentence(prefix, names, each) for each in error.errors()]
    except SettingsError as error:  # a section that is set as a whole
        lines.append(f"{error}; set {prefix}<SECTION>__<NAME> instead")
    if lines:
        raise InvalidSettings("\n".join(lines))
    return read


def _sentence(prefix: str, names: Names, problem: ErrorDetails) -> str:
    message = _text(problem)
    if not problem["loc"]:
        return message
    name = "__".join(map(str, problem["loc"])).upper()
    if problem["type"] == _UNKNOWN:
        message = names.no_such(name)
    variable = prefix + name
    given = problem["input"]
    if isinstance(given, PlatformValue):
        return f"{given.variable}, which stands for {variable}: {message}"
    return f"{variable}: {message}"


def _check_together(values: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Validate; where single settings are wrong, tell as well what the others are together."""
    try:
        return validate(values)
    except ValidationError as error:
        wrong = error.errors()
        if not wrong[0]["loc"]:
            raise
        rest = reduce(_without, (each["loc"] for each in wrong), values)
        try:
            validate(rest)
        except ValidationError as others:
            told = {each["loc"][0] for each in wrong}  # the default in its place is not the user's
            more = [each for each in others.errors() if not told.intersection(each["loc"][:1])]
            lines = [_line(each) for each in (*wrong, *more)]
            raise ValidationError.from_exception_data(error.title, lines) from None
        raise


def _without(values: dict[str, Any], location: tuple[int | str, ...]) -> dict[str, Any]:
    """Return nested values without the one at `location`."""
    if not location or str(location[0]) not in values:
        return values
    name, rest = str(location[0]), location[1:]
    inner = values[name]
    if isinstance(inner, dict) and rest and rest[0] in inner:
        return {**values, name: _without(inner, rest)}
    return {each: value for each, value in values.items() if each != name}


def _line(problem: ErrorDetails) -> InitErrorDetails:
    kind: str | PydanticCustomError = problem["type"]
    if kind != _UNKNOWN:
        kind = PydanticCustomError("setting", "{text}", {"text": _text(problem)})
    return InitErrorDetails(type=kind, loc=problem["loc"], input=problem["input"])


def _text(problem: ErrorDetails) -> str:
    return problem["msg"].removeprefix("Value error, ")
