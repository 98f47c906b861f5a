"""A typical Flask service: SQLAlchemy ORM, Pydantic schemas, cache-aside in Redis.

Written the way tutorials do it, in one file; served by gunicorn with threads.
"""

import logging
import os
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

from flask import Flask, Response, g, jsonify, request
from pydantic import BaseModel, ConfigDict, EmailStr, Field, TypeAdapter, ValidationError
from redis import Redis
from sqlalchemy import BigInteger, DateTime, String, create_engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, scoped_session, sessionmaker

CACHE_TTL = 3600

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
logger = logging.getLogger("typical")
engine = create_engine(os.environ["DATABASE_URL"], pool_size=10, max_overflow=5)
make_session = sessionmaker(engine, expire_on_commit=False)
session = scoped_session(make_session)
redis = Redis.from_url(os.environ["REDIS_URL"])
app = Flask(__name__)


class Base(DeclarativeBase):
    pass


# region users
class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigInteger(), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(10), default="active")
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=lambda: datetime.now(UTC)
    )


class UserCreate(BaseModel):
    email: EmailStr
    name: str = Field(min_length=1, max_length=100)
    status: Literal["active", "inactive", "banned"] = "active"


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    name: str
    status: str
    created_at: datetime


new_users = TypeAdapter(list[UserCreate])


def as_json(user: User) -> dict[str, Any]:
    return UserOut.model_validate(user).model_dump(mode="json")


# endregion


@app.before_request
def start_request() -> None:
    g.request_id = request.headers.get("x-request-id") or uuid.uuid4().hex
    g.start = time.perf_counter()


@app.after_request
def end_request(response: Response) -> Response:
    took_ms = (time.perf_counter() - g.start) * 1000
    response.headers["x-request-id"] = g.request_id
    response.headers["x-response-time-ms"] = f"{took_ms:.1f}"
    logger.info(
        "%s %s %s %.1f ms id=%s",
        request.method,
        request.path,
        response.status_code,
        took_ms,
        g.request_id,
    )
    return response


@app.teardown_appcontext
def remove_session(_: BaseException | None) -> None:
    session.remove()


@app.errorhandler(ValidationError)
def refuse(error: ValidationError) -> tuple[Response, int]:
    return jsonify(detail=error.errors(include_context=False)), 422


@app.errorhandler(IntegrityError)
def conflict(_: IntegrityError) -> tuple[Response, int]:
    session.rollback()
    return jsonify(detail="email is taken"), 409


@app.get("/healthz")
def health() -> Response:
    return jsonify(status="ok")


# region users
@app.post("/users")
def create_user() -> tuple[Response, int]:
    data = UserCreate.model_validate(request.get_json())
    user = User(**data.model_dump())
    session.add(user)
    session.commit()
    return jsonify(as_json(user)), 201


@app.post("/users/bulk")
def create_users() -> tuple[Response, int]:
    data = new_users.validate_python(request.get_json())
    session.add_all([User(**user.model_dump()) for user in data])
    session.commit()
    return jsonify(inserted=len(data)), 201


@app.get("/users")
def list_users() -> Response:
    after = request.args.get("after", 0, type=int)
    limit = min(request.args.get("limit", 50, type=int), 200)
    query = select(User).where(User.id > after).order_by(User.id).limit(limit)
    users = session.scalars(query).all()
    next_after = users[-1].id if users else None
    return jsonify(items=[as_json(user) for user in users], next_after=next_after)


@app.get("/users/export")
def export_users() -> Response:
    def lines() -> Iterator[str]:
        with make_session() as export:
            query = select(User).order_by(User.id).execution_options(yield_per=1000)
            for user in export.scalars(query):
                yield UserOut.model_validate(user).model_dump_json() + "\n"

    return Response(lines(), mimetype="application/x-ndjson")


@app.get("/users/<int:user_id>")
def read_user(user_id: int) -> tuple[Response, int]:
    user = session.get(User, user_id)
    if user is None:
        return jsonify(detail="no such user"), 404
    return jsonify(as_json(user)), 200


@app.get("/cached/users/<int:user_id>")
def read_cached_user(user_id: int) -> tuple[Response, int]:
    key = f"user:{user_id}"
    cached = redis.get(key)
    if cached is not None:
        return jsonify(UserOut.model_validate_json(cached).model_dump(mode="json")), 200
    user = session.get(User, user_id)
    if user is None:
        return jsonify(detail="no such user"), 404
    redis.set(key, UserOut.model_validate(user).model_dump_json(), ex=CACHE_TTL)
    return jsonify(as_json(user)), 200


# endregion
