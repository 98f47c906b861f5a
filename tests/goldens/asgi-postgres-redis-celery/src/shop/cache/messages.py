"""How processes tell each other of a change."""

from dataclasses import dataclass

from pydantic import TypeAdapter

from .tiers import Change


@dataclass(frozen=True, slots=True)
class Message:
    """A change, and who tells of it."""

    change: Change
    sender: str
    version: str


_ADAPTER = TypeAdapter(Message)


def encode(message: Message) -> bytes:
    """Return the message as JSON."""
    return _ADAPTER.dump_json(message)


def tail(sender: str, version: str) -> bytes:
    """Return what all messages of a sender end with, and no others do."""
    written = encode(Message(Change(), sender, version))
    return written[written.rindex(b',"sender":') :]


def decode(data: bytes) -> Message:
    """Return the message.

    Raises:
        ValueError: it is none of ours.
    """
    return _ADAPTER.validate_json(data)
