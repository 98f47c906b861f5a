"""A function of the other colour."""


async def awaited() -> int:
    """Return a number."""
    return 1
