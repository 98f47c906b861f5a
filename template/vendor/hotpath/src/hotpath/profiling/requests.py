"""Profiles of single requests: asked for by a header with the admin token, or taken by chance."""

from collections.abc import Callable
from math import log, log1p
from random import random
from types import FrameType

from hotpath.observability.admin import has_admin_token
from hotpath.observability.logs import get_logger
from hotpath.profiling.profile import Clock
from hotpath.profiling.profiler import Call, ProcessProfiler, ProfilerBusy, start_call
from hotpath.profiling.store import PATH, new_id, open_store
from hotpath.settings import ObservabilitySettings

HEADER = "x-profile"
LOCATION = "x-profile-location"
REFUSED = "x-profile-refused"

_CLOCK_BY_VALUE: dict[str, Clock] = {"1": "wall", "wall": "wall", "cpu": "cpu"}
_UNKNOWN = "X-Profile may be 1, wall or cpu."


class RequestProfile:
    """The profile of one request.

    Attributes:
        header: Name and value of a header that its response gets, or None.
    """

    def __init__(self, call: Call | None, header: tuple[str, str] | None, profile_id: str) -> None:
        self._call = call
        self._id = profile_id
        self.header = header

    def finish(self) -> None:
        """End and store it, before the client has the whole response; again it does nothing."""
        call, self._call = self._call, None
        if call is None:
            return
        try:
            open_store().save(call.finish(), self._id)
        except Exception:  # a full disk: the request is served all the same
            get_logger().exception("profile lost", profile_id=self._id)


class RequestProfiles:
    """Decides which requests of a process are profiled.

    `process` profiles the whole process meanwhile: threads that handle requests tell it so.
    """

    def __init__(self, settings: ObservabilitySettings, root_path: str = "") -> None:
        self._settings = settings
        self._root_path = root_path
        self._rate = settings.profile_sample_rate
        self._left = self._gap()
        self.process = ProcessProfiler()

    @classmethod
    def of(cls, settings: ObservabilitySettings, root_path: str = "") -> "RequestProfiles | None":
        """Return what decides, or None if no request may be profiled with these settings.

        Args:
            settings: Of the service.
            root_path: Under which a proxy has it.
        """
        is_on = settings.admin_token.get_secret_value() or settings.profile_sample_rate
        return cls(settings, root_path) if is_on else None

    def wants(self, is_asked: bool) -> bool:
        """Tell whether `begin` might profile a request; counts it. Cost: 60 ns."""
        if self._rate:
            self._left -= 1
        return is_asked or self._left < 0

    def begin(
        self,
        name: str,
        header: Callable[[str], str | None],
        base: FrameType | None,
        *,
        is_async: bool,
    ) -> RequestProfile | None:
        """Start to profile the request that runs now, if it may be; `wants` said so.

        Args:
            name: Method and path.
            header: Returns a header of it by its name in lower case.
            base: The innermost frame that does not belong to it.
            is_async: Whether others run meanwhile in its thread.
        """
        asked = header(HEADER)
        if asked is not None and has_admin_token(self._settings, header("authorization")):
            clock = _CLOCK_BY_VALUE.get(asked.lower())
            if clock is None:
                return RequestProfile(None, (REFUSED, _UNKNOWN), "")
            return self._begin_asked(name, clock, base, is_async=is_async)
        if self._left < 0:
            return self._begin_sampled(name, base, is_async=is_async)
        return None

    def _begin_asked(
        self, name: str, clock: Clock, base: FrameType | None, *, is_async: bool
    ) -> RequestProfile:
        try:
            call = start_call("request", name, clock, base, is_async=is_async)
        except ProfilerBusy as error:
            return RequestProfile(None, (REFUSED, str(error)), "")
        profile_id = new_id()
        return RequestProfile(call, (LOCATION, f"{self._root_path}{PATH}/{profile_id}"), profile_id)

    def _begin_sampled(
        self, name: str, base: FrameType | None, *, is_async: bool
    ) -> RequestProfile | None:
        try:
            call = start_call("request", name, "wall", base, is_async=is_async)
        except ProfilerBusy:  # the next request has its turn
            return None
        self._left = self._gap()
        return RequestProfile(call, None, new_id())

    def _gap(self) -> int:
        """Return how many requests pass before the next one, so that each has the same chance."""
        return int(log(1 - random()) / log1p(-self._rate)) if 0 < self._rate < 1 else 0  # noqa: S311 - no secret
