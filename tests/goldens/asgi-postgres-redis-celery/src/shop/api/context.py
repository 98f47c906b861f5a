"""What handlers are given besides their input."""

from typing import Annotated

from fastapi import Depends, Header, Request

from ..resources import Resources


async def _resources(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


Given = Annotated[Resources, Depends(_resources)]
"""The resources of this process, as a handler's parameter."""

IfNoneMatch = Annotated[str | None, Header(include_in_schema=False)]
"""What a client says it has; as the parameter `if_none_match`."""
