"""E-mail addresses: which ones there can be, and one spelling for each."""

import re
from typing import Annotated, Any

from email_validator import SPECIAL_USE_DOMAIN_NAMES
from pydantic import EmailStr, ValidatorFunctionWrapHandler, WrapValidator
from pydantic.functional_validators import AfterValidator

_MAX_LENGTH = 254
_ATOM = "[A-Za-z0-9_+-]+"
_LABEL = r"(?=[A-Za-z0-9-]{1,63}\.)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\."
_PLAIN = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL})+[A-Za-z]{{2,63}}")
_SPECIAL = tuple(sign + name for name in SPECIAL_USE_DOMAIN_NAMES for sign in "@.")


def _skip_if_plain(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Take addresses of the usual form as they are; the full check costs ten times the rest."""
    is_plain = isinstance(value, str) and len(value) <= _MAX_LENGTH and _PLAIN.fullmatch(value)
    if is_plain and not value.lower().endswith(_SPECIAL):
        return value
    return check(value)


Email = Annotated[EmailStr, WrapValidator(_skip_if_plain), AfterValidator(str.lower)]
"""An e-mail address in lower case, so that it is unique however it is written."""
