"""What can go wrong with posts."""


class OwnerNotFound(LookupError):
    """There is no such user."""

    def __init__(self, user_id: int) -> None:
        super().__init__(f"user {user_id} does not exist")
