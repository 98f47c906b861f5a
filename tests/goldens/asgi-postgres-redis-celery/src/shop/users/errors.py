"""What can go wrong with users."""

from collections.abc import Mapping, Sequence

from hotpath.db.errors import RowsRefused


class UserNotFound(LookupError):
    """There is no such user."""

    def __init__(self, user_id: int) -> None:
        super().__init__(f"user {user_id} does not exist")


class EmailTaken(ValueError):
    """Another user has this e-mail address."""

    def __init__(self, email: str) -> None:
        super().__init__(f"e-mail address {email} is taken")


class EmailsTaken(RowsRefused):
    """Other users have the e-mail addresses of rows."""

    def __init__(self, email_by_row: Mapping[int, str]) -> None:
        faults = {
            f"{row}.email": f"e-mail address {email} is taken"
            for row, email in email_by_row.items()
        }
        super().__init__(f"taken e-mail addresses: {len(faults)}; nothing was written", faults)


class EmailsRepeated(RowsRefused):
    """Rows have the e-mail addresses of rows before them."""

    def __init__(self, email_by_row: Mapping[int, str]) -> None:
        faults = {
            f"{row}.email": f"e-mail address {email} is in a row before"
            for row, email in email_by_row.items()
        }
        super().__init__(f"repeated e-mail addresses: {len(faults)}; nothing was written", faults)


class IdsRepeated(RowsRefused):
    """Rows name the users of rows before them."""

    def __init__(self, id_by_row: Mapping[int, int]) -> None:
        faults = {
            f"{row}.id": f"user {user_id} is in a row before" for row, user_id in id_by_row.items()
        }
        super().__init__(f"repeated ids: {len(faults)}; nothing was written", faults)


class LinesRefused(ValueError):
    """Lines of a file are no users; nothing was written."""

    def __init__(self, count: int, listed: Sequence[str]) -> None:
        """Take the number of these lines, and what is wrong with the first of them."""
        shown = f", the first {len(listed)} of them listed" if count > len(listed) else ""
        summary = f"wrong lines: {count}{shown}; nothing was written"
        super().__init__("\n".join([*listed, summary]))


class FileChanged(ValueError):
    """A file is not what it was when it was checked."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"the file was changed meanwhile, chunks before it are written: {fault}")
