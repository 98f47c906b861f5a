"""What may come of a call to another service instead of its response.

The messages are shown to clients: why a call failed is in `reason`, and in the log.
"""


class DependencyError(Exception):
    """A dependency did not give what was asked for.

    Attributes:
        dependency: Its name.
        outcome: What happened, as metrics call it.
        reason: What a library or the dependency said; for the log.
        retry_after_s: Seconds until it is worth trying again; None if that is not known.
        is_transient: Whether the same call may work now.
        is_failure: Whether the dependency failed, rather than this process refused to call it.
    """

    retry_after_s: float | None = None
    is_transient = False
    is_failure = True

    def __init__(self, dependency: str, message: str, outcome: str, reason: object = "") -> None:
        super().__init__(message)
        self.dependency = dependency
        self.outcome = outcome
        name = type(reason).__name__ if isinstance(reason, BaseException) else outcome
        self.reason = str(reason) or name


class InvalidResponse(DependencyError):
    """The response is not what this service can use: too large, or no JSON."""

    is_failure = False


class DependencyTimeout(DependencyError):
    """It did not answer in time."""

    is_transient = True

    def __init__(self, dependency: str, reason: object = "") -> None:
        super().__init__(dependency, f"{dependency} did not answer in time", "timeout", reason)


class DependencyUnavailable(DependencyError):
    """It cannot be reached, or answers 500 and above."""

    is_transient = True

    def __init__(self, dependency: str, outcome: str = "unreachable", reason: object = "") -> None:
        message = f"{dependency} is unavailable; try again soon"
        super().__init__(dependency, message, outcome, reason)


class DependencyNotCalled(DependencyUnavailable):
    """This process does not call it now: the breaker is open, or too many calls are in flight."""

    is_transient = False
    is_failure = False


class DependencyNotConfigured(DependencyError):
    """No setting has its URL."""

    is_failure = False

    def __init__(self, dependency: str, variable: str) -> None:
        message = f"{dependency} has no URL: set {variable}"
        super().__init__(dependency, message, "not_configured")


def breaker_open(dependency: str, seconds: float) -> DependencyNotCalled:
    """Return the error of a call that a breaker refuses for `seconds` more."""
    error = DependencyNotCalled(dependency, "breaker_open")
    error.retry_after_s = seconds
    return error


def busy(dependency: str) -> DependencyNotCalled:
    """Return the error of a call that got no turn."""
    return DependencyNotCalled(dependency, "busy", "all its connections are in use")


def server_error(dependency: str, status: int, retry_after: str | None) -> DependencyUnavailable:
    """Return the error of a response with a status of 500 and above.

    Args:
        retry_after: The response's header; dates are not read.
    """
    error = DependencyUnavailable(dependency, "5xx", f"status {status}")
    if retry_after is not None and retry_after.isdecimal():
        error.retry_after_s = float(retry_after)
    return error
