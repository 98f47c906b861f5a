"""What a task is: a typed function, with what `@task` says about how it is run."""

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from inspect import Parameter, signature
from typing import Any, Generic, TypeVar, get_type_hints, overload

from pydantic import JsonValue, TypeAdapter, ValidationError

from hotpath.db.errors import NotFound
from hotpath.tasks.model import InvalidPayload
from hotpath.tasks.priority import Priority

P = TypeVar("P")

DEFAULT_QUEUE = "default"
MAX_CHUNK = 1000
_SHORTEST = timedelta(seconds=1)
_WITH_PAYLOAD = 2


@dataclass(frozen=True, eq=False)
class Task(Generic[P]):
    """A function that runs later, elsewhere: `@task` makes one, `resources.tasks` takes it.

    Attributes:
        function: Takes the resources, and a payload of type `P` unless `P` is None.
        name: Unique in a service; tasks that wait are found by it, so a new name loses them.
        priority: Those with a higher one are started first.
        queue: Which workers of Celery take it: `worker --queues default,reports`.
        retries: How often it runs again after it has raised.
        throws: Errors after which it does not.
        reruns: Whether it runs again if the process that ran it died. Else it is lost, and
            listed; for what must not happen twice, and cannot tell whether it has.
        chunk_size: Tasks that one message carries at most; more than 1 for very small ones.
        every: How often it is enqueued by itself, once in all processes, at multiples of this
            since 1970; None if only you do.
    """

    function: Callable[..., Any]
    name: str
    priority: Priority = Priority.NORMAL
    queue: str = DEFAULT_QUEUE
    retries: int = 3
    throws: tuple[type[Exception], ...] = (NotFound,)
    reruns: bool = True
    chunk_size: int = 1
    every: timedelta | None = None

    def __post_init__(self) -> None:
        """Check what can be checked before the first one runs."""
        name = f"task {self.name}"
        if not self._is_callable():
            raise TypeError(f"{name} must take the resources and, if it has one, a payload")
        if not 1 <= self.chunk_size <= MAX_CHUNK or self.retries < 0:
            raise TypeError(f"{name}: chunk_size is from 1 to {MAX_CHUNK}, retries from 0")
        if self.every is not None and (self.has_payload or self.every < _SHORTEST):
            raise TypeError(f"{name} may run by itself every second at most, without a payload")

    def __call__(self, *args: Any) -> Any:
        """Call the function, here and now, as a test does."""
        return self.function(*args)

    @cached_property
    def has_payload(self) -> bool:
        """Whether it takes one."""
        return len(self._parameters) == _WITH_PAYLOAD

    def dump(self, payload: P) -> JsonValue:
        """Return the payload as it is stored.

        Raises:
            InvalidPayload: it is not what the function takes.
        """
        if self._payload is None:
            if payload is not None:
                raise InvalidPayload(f"task {self.name} takes no payload")
            return None
        dumped: JsonValue = self._payload.dump_python(self._valid(payload), mode="json")
        try:
            json.dumps(dumped, allow_nan=False)
        except ValueError as error:
            raise InvalidPayload(f"payload of task {self.name}: {error}") from None
        return dumped

    def load(self, stored: JsonValue) -> tuple[P, ...]:
        """Return what the function takes after the resources.

        Raises:
            InvalidPayload: it was stored by another version of the task.
        """
        return () if self._payload is None else (self._valid(stored),)

    def _valid(self, payload: Any) -> P:
        assert self._payload is not None  # noqa: S101 - who calls this has looked
        try:
            return self._payload.validate_python(payload)
        except ValidationError as error:
            faults = "; ".join(
                ": ".join([".".join(map(str, each["loc"])), each["msg"]]).removeprefix(": ")
                for each in error.errors(include_url=False)
            )
            raise InvalidPayload(f"payload of task {self.name}: {faults}") from None

    @cached_property
    def _parameters(self) -> list[Parameter]:
        return list(signature(self.function).parameters.values())

    def _is_callable(self) -> bool:
        positional = {Parameter.POSITIONAL_OR_KEYWORD, Parameter.POSITIONAL_ONLY}
        are_positional = all(each.kind in positional for each in self._parameters)
        return are_positional and len(self._parameters) in {1, _WITH_PAYLOAD}

    @cached_property
    def _payload(self) -> TypeAdapter[P] | None:
        if not self.has_payload:
            return None
        name = self._parameters[1].name
        return TypeAdapter(get_type_hints(self.function, include_extras=True).get(name, Any))


def queues_of(declared: Iterable[Task[Any]]) -> list[str]:
    """Return the names of the queues that these tasks use, and the default one."""
    return sorted({DEFAULT_QUEUE, *(task.queue for task in declared)})


class _TaskDecorator:
    """Makes a task of a function; what it takes says the type of the payload."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options

    @overload
    def __call__(self, function: Callable[[Any], Any]) -> Task[None]: ...
    @overload
    def __call__(self, function: Callable[[Any, P], Any]) -> Task[P]: ...
    def __call__(self, function: Callable[..., Any]) -> Task[Any]:
        """Make the task."""
        return Task(**{"function": function, "name": function.__name__, **self._options})


def task(  # noqa: PLR0913 - options by name
    *,
    name: str | None = None,
    priority: Priority = Priority.NORMAL,
    queue: str = DEFAULT_QUEUE,
    retries: int = 3,
    throws: tuple[type[Exception], ...] = (NotFound,),
    reruns: bool = True,
    chunk_size: int = 1,
    every: timedelta | None = None,
) -> _TaskDecorator:
    """Make a function a task; see `Task` for what the options say.

        @task(retries=5)
        async def send_welcome(resources: Resources, user_id: int) -> Welcome: ...

        await resources.tasks.enqueue(send_welcome, user.id)

    It may run more than once, when a process dies: what it does has to allow that.

    Args:
        name: That of the function, if it is left out.
    Raises:
        TypeError: the function, or an option, cannot be.
    """
    named = {} if name is None else {"name": name}
    return _TaskDecorator(
        {
            "priority": priority,
            "queue": queue,
            "retries": retries,
            "throws": throws,
            "reruns": reruns,
            "chunk_size": chunk_size,
            "every": every,
            **named,
        }
    )


def retry_in_s(attempt: int, wait_s: float, most_s: float) -> float:
    """Return the seconds until a task that has failed `attempt` times runs again.

    Exponential back-off, capped, half of it at random, so that tasks that failed together do not
    come back together: "equal jitter" of
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
    """
    full_s = min(wait_s * 2.0 ** min(attempt - 1, 60), most_s)
    return full_s * (0.5 + random.random() / 2)  # noqa: S311 - no secret
