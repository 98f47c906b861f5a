"""A change that was rolled back has changed nothing: what is kept stays."""

import httpx2
from hotpath.testing.servers import figure

from ..users import add_user


def test_a_refused_change_forgets_nothing(http: httpx2.Client) -> None:
    other, user = add_user(http), add_user(http)
    paths = [f"/users/{user['id']}", "/users/stats"]
    kept = [http.get(path).text for path in paths]
    loads = figure(http, "cache_loads_total")

    refused = http.patch(paths[0], json={"email": other["email"]})

    assert refused.status_code == 409
    assert [http.get(path).text for path in paths] == kept
    assert figure(http, "cache_loads_total") == loads
