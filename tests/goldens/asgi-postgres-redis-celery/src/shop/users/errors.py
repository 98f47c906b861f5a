"""What can go wrong with users."""


class UserNotFound(LookupError):
    """There is no such user."""

    def __init__(self, user_id: int) -> None:
        super().__init__(f"user {user_id} does not exist")


class EmailTaken(ValueError):
    """Another user has this e-mail address."""

    def __init__(self, email: str) -> None:
        super().__init__(f"e-mail address {email} is taken")
