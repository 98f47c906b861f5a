"""What the routes of `planted_routes.py` take, in both kinds of code."""

from pydantic import BaseModel
from sqlalchemy import text

SLEEP_S = 0.05
COUNT = text(
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 300000) "
    "SELECT count(*) FROM c"
)


class Number(BaseModel):
    """Refuses what is no number."""

    number: int


class Secret(BaseModel):
    """A query."""

    secret: str


class Url(BaseModel):
    """Another one."""

    url: str
