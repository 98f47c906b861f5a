"""Who may see `/debug`."""

from base64 import b64encode

import pytest
from hotpath.observability.admin import has_admin_token, may_debug, wants_login
from hotpath.settings import ObservabilitySettings
from pydantic import SecretStr

TOKEN = "ein Schlüssel: für Tests"
SETTINGS = ObservabilitySettings(admin_token=SecretStr(TOKEN))
CLOSED = ObservabilitySettings()


def basic(password: str, user: str = "ada") -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def test_a_browser_may_send_the_token_as_its_password() -> None:
    assert may_debug(SETTINGS, "GET", {"authorization": basic(TOKEN)})
    assert may_debug(SETTINGS, "GET", {"authorization": basic(TOKEN, user="")})
    assert may_debug(SETTINGS, "POST", {"authorization": f"bearer {TOKEN}"})


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic x", "Basic äö", "Basic /w==", basic(""), basic(TOKEN + "x"), TOKEN],
)
def test_anything_else_is_refused(authorization: str) -> None:
    assert not may_debug(SETTINGS, "GET", {"authorization": authorization})
    assert not may_debug(CLOSED, "GET", {"authorization": authorization})


def test_without_a_token_the_empty_one_opens_nothing() -> None:
    assert not has_admin_token(CLOSED, "Bearer ")
    assert not may_debug(CLOSED, "GET", {"authorization": basic("")})
    assert not wants_login(CLOSED, {"accept": "text/html"})


def test_another_site_cannot_use_the_password_of_a_browser() -> None:
    headers = {"authorization": basic(TOKEN), "sec-fetch-site": "cross-site"}

    assert not may_debug(SETTINGS, "GET", headers)
    assert not may_debug(SETTINGS, "POST", {"authorization": basic(TOKEN)})
    assert may_debug(SETTINGS, "GET", {**headers, "sec-fetch-site": "none"})


def test_only_browsers_are_asked_for_a_password() -> None:
    assert wants_login(SETTINGS, {"accept": "text/html,*/*"})
    assert wants_login(SETTINGS, {"accept": "text/html", "authorization": basic("wrong")})
    assert not wants_login(SETTINGS, {"accept": "*/*"})
    assert not wants_login(SETTINGS, {"accept": "text/html", "authorization": "Bearer wrong"})
