"""What simulated users do under `nox -s load`, and how often: they read mostly."""

from uuid import uuid4

from hotpath.testing.load.scenarios import Scenarios, SimulatedUser

BULK = 100
PAGE = 50
PAGES_IN_A_ROW = 3
USER, USERS, BULK_OF_USERS = "/users/{user_id}", "/users", "/users/bulk"
PREPARE = (("seed", "--users", "10000"),)
"""Commands that fill the database before, the same in each run."""


def on_start(user: SimulatedUser) -> None:
    """Learn some ids, of whatever users are there; of an empty service, of one that is new."""
    walk_pages(user)
    if not user.known_ids:
        join(user)


def read_user(user: SimulatedUser) -> None:
    """Read somebody; some are read more often than others, as everywhere."""
    ids = user.known_ids
    nth = int(user.random.betavariate(1, 4) * len(ids))
    user.client.get(f"/users/{ids[nth]}", name=USER)


def walk_pages(user: SimulatedUser) -> None:
    """Read pages in a row."""
    path = f"/users?limit={PAGE}"
    for _ in range(PAGES_IN_A_ROW):
        page = user.client.get(path, name=USERS).json()
        found = [each["id"] for each in page["items"]]
        user.known_ids = [*found, *user.known_ids[: 10 * PAGE]]
        if page["next_cursor"] is None:
            return
        path = f"/users?limit={PAGE}&cursor={page['next_cursor']}"


def read_posts(user: SimulatedUser) -> None:
    """Read what somebody wrote."""
    user_id = user.random.choice(user.known_ids)
    user.client.get(f"/users/{user_id}/posts", name="/users/{user_id}/posts")


def join(user: SimulatedUser) -> None:
    """Add oneself."""
    new = {"email": f"{uuid4().hex}@example.com", "name": "Ada"}
    response = user.client.post("/users", name=USERS, json=new)
    user.known_ids.append(response.json()["id"])


def add_many(user: SimulatedUser) -> None:
    """Add a group."""
    group = uuid4().hex  # a service that `--url` names has those of the last run
    users = [{"email": f"{n}-{group}@example.com", "name": "Ada"} for n in range(BULK)]
    user.client.post("/users/bulk", name=BULK_OF_USERS, json=users)


def export_all(user: SimulatedUser) -> None:
    """Take everything along."""
    user.client.get("/users/export", name="/users/export")


SCENARIOS: Scenarios = {
    read_user: 690,
    walk_pages: 120,
    read_posts: 100,
    join: 71,
    add_many: 9,
    export_all: 10,
}
"""With how often each is done, of a thousand times."""
