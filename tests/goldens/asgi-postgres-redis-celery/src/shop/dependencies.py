"""What routes depend on."""

from typing import Annotated

from fastapi import Depends
from hotpath.asgi import get_resources

from .resources import Resources

ResourcesDep = Annotated[Resources, Depends(get_resources)]
"""The resources of this process, as a parameter of a route."""
