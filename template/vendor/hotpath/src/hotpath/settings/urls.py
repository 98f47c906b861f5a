"""What is common to URLs in settings; no message shows a URL, which may have a password."""

from urllib.parse import urlsplit

from pydantic import SecretStr


def has_valid_address(url: str) -> bool:
    """Tell whether host and port can be read: an IPv6 host in brackets, a port from 1 to 65535."""
    try:
        parts = urlsplit(url)
        return parts.port != 0
    except ValueError:  # its message may show the password
        return False


def require_url(url: SecretStr, schemes: tuple[str, ...], allowed: str) -> SecretStr:
    """Return the URL, or raise `ValueError` with the sentence `allowed`."""
    text = url.get_secret_value()
    if not text.startswith(schemes) or not has_valid_address(text):
        raise ValueError(allowed)
    return url
