"""What the routes of profiles take and return, the same in both web flavours."""

from typing import Annotated

from pydantic import BaseModel, Field

from hotpath.profiling.formats import Format
from hotpath.profiling.profile import Clock, Kind

MAX_SECONDS = 60


class FormatQuery(BaseModel):
    """How a profile is shown."""

    format: Format = "html"


class ProfileQuery(FormatQuery):
    """What to profile: the process that handles the request, for `seconds`."""

    seconds: Annotated[float, Field(ge=0.1, le=MAX_SECONDS, allow_inf_nan=False)] = 10.0
    clock: Clock = "wall"


class ProfilePath(BaseModel):
    """Which profile."""

    profile_id: str


class ProfileOut(BaseModel):
    """A profile that was taken; `path` shows it."""

    id: str
    path: str
    kind: Kind
    name: str
    clock: Clock
    started_at: str
    seconds: float
    idle_seconds: float
    pid: int


class ProfilesOut(BaseModel):
    """The profiles that are kept, of all processes, newest first."""

    profiles: list[ProfileOut]


class FunctionOut(BaseModel, from_attributes=True):
    """What is known of a function that is decorated with `profiled`."""

    name: str
    calls: int
    errors: int
    """Calls that raised."""
    seconds: float
    """Of all calls; one inside of another counts twice."""
    profiled_calls: int
    own_seconds: float
    """Seconds of the calls profiled that the function ran itself, and nothing that it called."""
    hottest: str
    """The function with the most own time in it."""
    path: str
    """Where its flame graph is; empty before the first call that was profiled."""


class FunctionsOut(BaseModel):
    """Those of the process that responds, the most own time first."""

    pid: int
    functions: list[FunctionOut]
