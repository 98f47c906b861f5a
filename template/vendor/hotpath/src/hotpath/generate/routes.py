"""The texts of a new feature's routes, for FastAPI and for Flask."""

from hotpath.generate.feature import Feature


def routes(feature: Feature) -> str:
    """Return `routes.py`."""
    source = _ASGI if feature.is_async else _WSGI
    words = feature.one.replace("_", " ")
    return source.format(
        many=feature.name,
        one=feature.one,
        name=feature.model,
        path="/" + feature.name.replace("_", "-"),
        words=feature.name.replace("_", " "),
        word=f"{'an' if words[0] in 'aeiou' else 'a'} {words}",
    )


_ASGI = '''"""Routes of {words}."""

from typing import Annotated

from fastapi import Path, Query
from hotpath.asgi import (
    IfNoneMatch,
    Response,
    Router,
    hot,
    problem_responses,
    render_cacheable,
    render_created,
    render_json,
    render_nothing,
)
from hotpath.db.models import MAX_ID

from ..dependencies import ResourcesDep
from .schemas import {name}Create, {name}ListQuery, {name}Out, {name}Page, {name}Update
from .service import {many}

{name}Id = Annotated[int, Path(ge=1, le=MAX_ID)]

router = Router(tags=["{words}"])


@router.post(
    "{path}", status_code=201, response_model={name}Out, responses=problem_responses(404, 409)
)
@hot
async def create_{one}(body: {name}Create, resources: ResourcesDep) -> Response:
    """Add {word}."""
    created = await {many}.create(resources, body)
    return render_created(created.body, f"{path}/{{created.id}}")


@router.get("{path}", response_model={name}Page, responses=problem_responses())
@hot
async def list_{many}(
    query: Annotated[{name}ListQuery, Query()], resources: ResourcesDep
) -> Response:
    """List {words}, a page at a time; with `created_after` by time."""
    return render_json(await {many}.page(resources, query))


@router.get("{path}/{{{one}_id}}", response_model={name}Out, responses=problem_responses(404))
@hot
async def read_{one}(
    {one}_id: {name}Id, resources: ResourcesDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Return {word}, with an ETag."""
    return render_cacheable(await {many}.get(resources, {one}_id), if_none_match)


@router.patch(
    "{path}/{{{one}_id}}", response_model={name}Out, responses=problem_responses(404, 409)
)
async def update_{one}({one}_id: {name}Id, body: {name}Update, resources: ResourcesDep) -> Response:
    """Change the fields that are given."""
    return render_json(await {many}.update(resources, {one}_id, body))


@router.delete("{path}/{{{one}_id}}", status_code=204, responses=problem_responses(404))
async def delete_{one}({one}_id: {name}Id, resources: ResourcesDep) -> Response:
    """Delete {word}."""
    await {many}.delete(resources, {one}_id)
    return render_nothing()
'''

_WSGI = '''"""Routes of {words}."""

from typing import Annotated

from hotpath.db.models import MAX_ID
from hotpath.wsgi import (
    Response,
    Router,
    hot,
    problem_responses,
    render_cacheable,
    render_created,
    render_json,
    render_nothing,
)
from pydantic import BaseModel, Field

from ..dependencies import get_resources
from .schemas import {name}Create, {name}ListQuery, {name}Out, {name}Page, {name}Update
from .service import {many}


class {name}Path(BaseModel):
    """Which {one}."""

    {one}_id: Annotated[int, Field(ge=1, le=MAX_ID)]


router = Router(tags=["{words}"])


@router.post("{path}", responses={{201: {name}Out, **problem_responses(404, 409)}})
@hot
def create_{one}(body: {name}Create) -> Response:
    """Add {word}."""
    created = {many}.create(get_resources(), body)
    return render_created(created.body, f"{path}/{{created.id}}")


@router.get("{path}", responses={{200: {name}Page, **problem_responses()}})
@hot
def list_{many}(query: {name}ListQuery) -> Response:
    """List {words}, a page at a time; with `created_after` by time."""
    return render_json({many}.page(get_resources(), query))


@router.get("{path}/<{one}_id>", responses={{200: {name}Out, **problem_responses(404)}})
@hot
def read_{one}(path: {name}Path) -> Response:
    """Return {word}, with an ETag."""
    return render_cacheable({many}.get(get_resources(), path.{one}_id))


@router.patch("{path}/<{one}_id>", responses={{200: {name}Out, **problem_responses(404, 409)}})
def update_{one}(path: {name}Path, body: {name}Update) -> Response:
    """Change the fields that are given."""
    return render_json({many}.update(get_resources(), path.{one}_id, body))


@router.delete("{path}/<{one}_id>", responses={{204: None, **problem_responses(404)}})
def delete_{one}(path: {name}Path) -> Response:
    """Delete {word}."""
    {many}.delete(get_resources(), path.{one}_id)
    return render_nothing()
'''
