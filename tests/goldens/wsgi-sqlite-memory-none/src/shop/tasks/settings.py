"""What can be set about tasks that run in this process."""

from typing import Annotated

from pydantic import BaseModel, Field


class TaskSettings(BaseModel, extra="forbid"):
    """A bounded queue in each process; what is in it when a process is killed is lost."""

    queue_size: Annotated[int, Field(ge=1)] = 1000
    """Tasks waiting per process; past that a submit is answered 503."""

    runners: Annotated[int, Field(ge=1, le=64)] = 4
    """Tasks running at once per process."""

    drain_s: Annotated[float, Field(ge=0)] = 10.0
    """Seconds that accepted tasks get to finish when the process stops."""
