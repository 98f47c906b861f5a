"""JSON bodies and their ETags."""

from hashlib import blake2b

from pydantic import BaseModel


def encode(model: BaseModel) -> bytes:
    """Return the model as JSON."""
    return model.model_dump_json().encode()


def etag_of(body: bytes) -> str:
    """Return a strong validator: the same bytes have the same tag in every process."""
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def is_unchanged(if_none_match: str | None, etag: str) -> bool:
    """Tell whether the client's copy is current; weak comparison, as RFC 9110 13.1.2 asks."""
    if if_none_match is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags or "*" in tags
