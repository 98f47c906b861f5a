"""Parameters of endpoints beside path, query and body."""

from typing import Annotated

from fastapi import Depends, Header, Request

from hotpath.aio.resources import Resources


async def get_resources(request: Request) -> Resources:
    """Return the resources of this process.

    A service whose resources are of a class of its own has a parameter type of its own:

        ResourcesDep = Annotated[Resources, Depends(get_resources)]
    """
    resources: Resources = request.app.state.resources
    return resources


ResourcesDep = Annotated[Resources, Depends(get_resources)]
"""The resources of this process, as a parameter of an endpoint."""

IfNoneMatch = Annotated[str | None, Header(include_in_schema=False)]
"""ETags of the client's copies; for a parameter named `if_none_match`."""
