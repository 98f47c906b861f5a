"""Problems whose detail does not matter."""

import httpx2
from hotpath.http.problems import MEDIA_TYPE


def is_problem(answer: httpx2.Response, status: int) -> bool:
    """Tell whether an answer is a problem of this status."""
    is_of_type = answer.headers["content-type"] == MEDIA_TYPE
    return answer.status_code == status and is_of_type and answer.json()["status"] == status
