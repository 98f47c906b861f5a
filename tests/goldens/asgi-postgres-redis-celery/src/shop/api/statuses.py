"""Which status an error of the domain gets; its message becomes the problem's detail."""

from collections.abc import Mapping
from http import HTTPStatus

from ..batches import LookupUnavailable
from ..db.paging import InvalidCursor
from ..db.rows import RowsRefused
from ..db.session import DatabaseUnavailable, PoolExhausted
from ..tasks.schemas import TaskNotFound
from ..tasks.task import QueueUnavailable
from .features import STATUS_BY_ERROR as FEATURE_ERRORS
from .problems import problem, rows_refused

STATUS_BY_ERROR: Mapping[type[Exception], HTTPStatus] = {
    DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    PoolExhausted: HTTPStatus.SERVICE_UNAVAILABLE,
    LookupUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    QueueUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    TaskNotFound: HTTPStatus.NOT_FOUND,
    InvalidCursor: HTTPStatus.UNPROCESSABLE_ENTITY,
    **FEATURE_ERRORS,
}

_DETAILS: Mapping[type[Exception], str] = {
    DatabaseUnavailable: "The database does not answer; try again soon.",
    PoolExhausted: "All connections to the database are in use; try again soon.",
    LookupUnavailable: "The database does not answer; try again soon.",
}


def problem_of(error: Exception) -> tuple[HTTPStatus, bytes]:
    """Return what a client is told: the error's message, unless it would tell of our insides."""
    status = STATUS_BY_ERROR[type(error)]
    detail = _DETAILS.get(type(error), str(error))
    if isinstance(error, RowsRefused):
        return status, rows_refused(status, detail, error.faults)
    return status, problem(status, detail)
