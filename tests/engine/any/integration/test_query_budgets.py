"""What every operation may cost the database: a loop of queries is seen here first."""

from typing import NamedTuple

import pytest
from hotpath.testing.queries import count_queries

from package_name.resources import Resources

from ..operations import FEATURES
from ..queries import calling
from ..users import unique_email

USERS = 3
PAGE = f"limit={USERS}&include=posts&count=true"


class Budget(NamedTuple):
    """The most statements that one call may send."""

    operation_id: str
    statements: int
    method: str
    path: str
    body: object = None


POST = {"title": "A post", "body": ""}
BUDGETS = (
    Budget("list_users", 3, "GET", f"/users?{PAGE}"),
    Budget("create_user", 1, "POST", "/users", {"email": unique_email(), "name": "Ada"}),
    Budget("create_users", 1, "POST", "/users/bulk", [{"email": unique_email(), "name": "Ada"}]),
    Budget("update_users", 1, "PATCH", "/users/bulk", [{"id": 1, "name": "Eve"}]),
    Budget("read_user_stats", 1, "GET", "/users/stats"),
    Budget("export_users", 1, "GET", "/users/export"),
    Budget("read_user", 1, "GET", "/users/{id}"),
    Budget("update_user", 1, "PATCH", "/users/{id}", {"name": "Eve"}),
    Budget("delete_user", 1, "DELETE", "/users/{id}"),
    Budget("list_posts", 1, "GET", "/users/{id}/posts"),
    Budget("create_post", 1, "POST", "/users/{id}/posts", POST),
    Budget("welcome_user", 2, "POST", "/users/{id}/welcome"),
)


def test_every_operation_has_a_budget() -> None:
    assert {budget.operation_id for budget in BUDGETS} == {one.operation_id for one in FEATURES}


@pytest.mark.parametrize("budget", BUDGETS, ids=[budget.operation_id for budget in BUDGETS])
async def test_an_operation_keeps_its_budget(resources: Resources, budget: Budget) -> None:
    async with calling(resources) as http:
        for _ in range(USERS):
            new = {"email": unique_email(), "name": "Ada"}
            user_id = (await http.post("/users", json=new)).json()["id"]
            for _ in range(2):
                (await http.post(f"/users/{user_id}/posts", json=POST)).raise_for_status()

        path = budget.path.format(id=user_id)
        with count_queries() as statements:
            answer = await http.request(budget.method, path, json=budget.body)

    answer.raise_for_status()
    told = f"{len(statements)} statements, its budget is {budget.statements}"
    assert 0 < len(statements) <= budget.statements, f"{budget.operation_id}: {told}: {statements}"
