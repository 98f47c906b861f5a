"""Which HTTP status an error gets; its message becomes the detail of the problem."""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil

from hotpath.batch import BatchUnavailable
from hotpath.db.errors import (
    Conflict,
    DatabaseUnavailable,
    KeysRepeated,
    NotFound,
    PoolExhausted,
    RowsConflict,
    RowsRefused,
)
from hotpath.db.keyset import InvalidCursor, InvalidOrder
from hotpath.http.deadlines import LATE
from hotpath.http.problems import invalid_rows, problem
from hotpath.http_client.errors import (
    DependencyError,
    DependencyNotConfigured,
    DependencyTimeout,
    DependencyUnavailable,
)
from hotpath.observability.request_context import is_late
from hotpath.profiling.profiler import ProfilerBusy
from hotpath.profiling.store import ProfileNotFound
from hotpath.tasks.model import QueueUnavailable, TaskNotFound

StatusByError = Mapping[type[Exception], HTTPStatus]

_ENGINE_ERRORS: StatusByError = {
    DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    PoolExhausted: HTTPStatus.SERVICE_UNAVAILABLE,
    BatchUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    QueueUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    DependencyError: HTTPStatus.BAD_GATEWAY,
    DependencyNotConfigured: HTTPStatus.SERVICE_UNAVAILABLE,
    DependencyTimeout: HTTPStatus.GATEWAY_TIMEOUT,
    DependencyUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    TaskNotFound: HTTPStatus.NOT_FOUND,
    InvalidCursor: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidOrder: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    RowsConflict: HTTPStatus.CONFLICT,
    KeysRepeated: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProfilerBusy: HTTPStatus.CONFLICT,
    ProfileNotFound: HTTPStatus.NOT_FOUND,
}

_DETAILS: Mapping[type[Exception], str] = {
    DatabaseUnavailable: "The database does not answer; try again soon.",
    PoolExhausted: "All connections to the database are in use; try again soon.",
    BatchUnavailable: "The database does not answer; try again soon.",
}
"""Where the message of the error would tell of our insides."""


def with_engine_errors(status_by_error: StatusByError) -> StatusByError:
    """Return the errors of a service's features together with the engine's own."""
    return {**_ENGINE_ERRORS, **status_by_error}


def retry_after(error: Exception) -> tuple[tuple[str, str], ...]:
    """Return the header that says when to try again, if an error knows it; else there is none."""
    if not isinstance(error, DependencyError) or error.retry_after_s is None:
        return ()
    return (("retry-after", str(ceil(error.retry_after_s))),)


def problem_of(error: Exception, status_by_error: StatusByError) -> tuple[HTTPStatus, bytes]:
    """Return the status and the problem of an error whose class, or a base of it, is mapped."""
    status = next(status_by_error[each] for each in type(error).__mro__ if each in status_by_error)
    if status is HTTPStatus.SERVICE_UNAVAILABLE and is_late():
        return LATE[0], problem(*LATE)
    detail = _DETAILS.get(type(error), str(error))
    if isinstance(error, RowsRefused):
        return status, invalid_rows(status, detail, error.faults)
    return status, problem(status, detail)
