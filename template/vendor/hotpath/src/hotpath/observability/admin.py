"""Who may see what a process does: those with the admin token."""

from hmac import compare_digest

from hotpath.settings import ObservabilitySettings


def has_admin_token(settings: ObservabilitySettings, authorization: str | None) -> bool:
    """Tell whether `Authorization: Bearer <admin token>` was sent; never while no token is set."""
    token = settings.admin_token.get_secret_value()
    scheme, _, sent = (authorization or "").partition(" ")
    is_right = compare_digest(sent.encode(), token.encode())
    return bool(token) and scheme.lower() == "bearer" and is_right
