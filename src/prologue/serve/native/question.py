"""The JSON body of `POST /api/v1/query`, read and checked.

Times come in every form Loki's routes take: Unix ns, Unix seconds, RFC 3339.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from starlette.requests import Request as HttpRequest

from prologue.model.errors import LimitError, UserError
from prologue.serve.loki import parameters

MAX_BODY_BYTES = 1 << 20
DEFAULT_LIMIT = 1000
_HOUR = 3600 * parameters.NANOSECONDS

Scalar = str | int | float | bool | None


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked. `start`, `end`, `since` and `step` are as in the URL of `query_range`.

    `parameters` are values for `{name:Type}` in SQL.
    """

    query: str
    language: Literal["logql", "sql"] = "logql"
    start: str | int | float | None = None
    end: str | int | float | None = None
    since: str | int | float | None = None
    step: str | int | float | None = None
    limit: int | None = None
    direction: Literal["forward", "backward"] = "backward"
    parameters: dict[str, Scalar] = {}


_DECODER = msgspec.json.Decoder(Question)


async def read(http: HttpRequest) -> Question:
    """Raises UserError where the body is not a question, LimitError where it is too long."""
    body = b""
    async for chunk in http.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise LimitError(f"the body is larger than {MAX_BODY_BYTES} bytes", cure="shorten the query")
    try:
        question = _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(
            f"the body is not a query: {error}",
            cure='send JSON such as {"query": "{app=\\"cart\\"}", "since": "1h"}',
        ) from error
    if question.limit is not None and question.limit < 0:
        raise UserError(f"limit={question.limit} is negative", cure="leave it out, or use 1 or more")
    return question


def times(question: Question) -> dict[str, list[str]]:
    """The times of a question as the parameters of a URL."""
    given = {name: getattr(question, name) for name in ("start", "end", "since", "step")}
    return {name: [_text(value)] for name, value in given.items() if value is not None}


def bounds(question: Question, now: int) -> tuple[int | None, int | None]:
    """`start` and `end` in Unix ns as far as they are given; `since` is counted back from the end."""
    if question.start is None and question.end is None and question.since is None:
        return None, None
    end = parameters.time(_text(question.end), "end") if question.end is not None else None
    if question.start is not None:
        start: int | None = parameters.time(_text(question.start), "start")
    elif question.since is not None:
        start = (now if end is None else end) - parameters.duration(_text(question.since), "since")
    else:
        start = None
    if start is not None and end is not None and start > end:
        raise UserError("start is after end", cure="swap them, or leave end out for now")
    return start, end


def _text(value: str | int | float) -> str:
    return value if isinstance(value, str) else repr(value)
