"""What the callers of a batch get when it fails."""

import pytest
from hotpath.batch import Batch, copy_exception


class NoSuchThing(LookupError):
    """Its `__init__` takes something else than its `args`."""

    def __init__(self, number: int) -> None:
        super().__init__(f"there is no {number}")
        self.number = number


class Particular(Exception):
    """Can only be made in its own way."""

    def __new__(cls, *, reason: str) -> "Particular":
        del reason
        return super().__new__(cls)

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"because {reason}")


def test_a_copy_says_the_same_and_is_another_object() -> None:
    error = NoSuchThing(7)

    copied = copy_exception(error)

    assert copied is not error
    assert (type(copied), copied.args) == (NoSuchThing, ("there is no 7",))
    assert (str(copied), copied.number) == ("there is no 7", 7)


def test_an_error_of_the_system_keeps_its_number() -> None:
    copied = copy_exception(ConnectionRefusedError(111, "refused"))

    assert (copied.errno, copied.strerror) == (111, "refused")


def test_what_cannot_be_copied_is_raised_itself() -> None:
    error = Particular(reason="it is so")

    assert copy_exception(error) is error


def test_the_first_error_is_the_cause() -> None:
    batch: Batch[str, int] = Batch()
    batch.found = {"a": NoSuchThing(7)}

    with pytest.raises(NoSuchThing) as raised:
        batch.result("a")

    assert raised.value is not batch.found["a"]
    assert raised.value.__cause__ is batch.found["a"]
