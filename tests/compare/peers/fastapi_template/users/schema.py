"""The schemas, as the template's example has its own: `web/api/dummy/schema.py`."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class UserDTO(BaseModel):
    """DTO for users."""

    id: int
    email: str
    name: str
    status: str
    created_at: datetime

    model_config = ConfigDict(from_attributes=True)


class UserInputDTO(BaseModel):
    """DTO for creating a new user."""

    email: str = Field(max_length=254)
    name: str = Field(min_length=1, max_length=100)
    status: str = "active"


class UserPageDTO(BaseModel):
    """DTO for a page of users."""

    items: list[UserDTO]


class InsertedDTO(BaseModel):
    """DTO for the answer to many new users."""

    inserted: int
