"""What visitors do, and how often: they read mostly."""

from collections.abc import Callable, Mapping
from uuid import uuid4

from .visits import Visitor

BULK = 100
PAGE = 50
PAGES_IN_A_ROW = 3
USER, USERS, BULK_OF_USERS = "/users/{user_id}", "/users", "/users/bulk"


def arrive(visitor: Visitor) -> None:
    """Learn some ids, of whatever users are there; of an empty service, of one that is new."""
    walk_pages(visitor)
    if not visitor.known_ids:
        join(visitor)


def read_user(visitor: Visitor) -> None:
    """Read somebody; some are read more often than others, as everywhere."""
    ids = visitor.known_ids
    nth = int(visitor.chance.betavariate(1, 4) * len(ids))
    visitor.client.get(f"/users/{ids[nth]}", name=USER)


def walk_pages(visitor: Visitor) -> None:
    """Read pages in a row."""
    path = f"/users?limit={PAGE}"
    for _ in range(PAGES_IN_A_ROW):
        page = visitor.client.get(path, name=USERS).json()
        found = [user["id"] for user in page["items"]]
        visitor.known_ids = [*found, *visitor.known_ids[: 10 * PAGE]]
        if page["next_cursor"] is None:
            return
        path = f"/users?limit={PAGE}&cursor={page['next_cursor']}"


def read_posts(visitor: Visitor) -> None:
    """Read what somebody wrote."""
    user_id = visitor.chance.choice(visitor.known_ids)
    visitor.client.get(f"/users/{user_id}/posts", name="/users/{user_id}/posts")


def join(visitor: Visitor) -> None:
    """Add oneself."""
    new = {"email": f"{uuid4().hex}@example.com", "name": "Ada"}
    answer = visitor.client.post("/users", name=USERS, json=new)
    visitor.known_ids.append(answer.json()["id"])


def add_many(visitor: Visitor) -> None:
    """Add a group."""
    group = uuid4().hex  # a service that `--url` names has those of the last run
    users = [{"email": f"{n}-{group}@example.com", "name": "Ada"} for n in range(BULK)]
    visitor.client.post("/users/bulk", name=BULK_OF_USERS, json=users)


def export_all(visitor: Visitor) -> None:
    """Take everything along."""
    visitor.client.get("/users/export", name="/users/export")


MIX: Mapping[Callable[[Visitor], None], int] = {
    read_user: 690,
    walk_pages: 120,
    read_posts: 100,
    join: 71,
    add_many: 9,
    export_all: 10,
}
"""Of a thousand visits."""
