"""The HTTP application: every route in one list, errors in one shape."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute

from prologue.config.settings import Query, Store
from prologue.model.errors import PrologueError
from prologue.query.request import Limits
from prologue.query.run import QueryEngine
from prologue.receive import http as receive_http
from prologue.serve import errors, health, ui
from prologue.serve.context import Context
from prologue.serve.loki import rules
from prologue.serve.loki.delete import Deletes
from prologue.serve.loki.detected import Detected
from prologue.serve.loki.index import Index
from prologue.serve.loki.labels import Labels
from prologue.serve.loki.misc import Misc
from prologue.serve.loki.patterns import PatternRoutes
from prologue.serve.loki.queries import Queries
from prologue.serve.loki.tail import Tails
from prologue.serve.native.parsers import ParserRoutes
from prologue.serve.native.routes import Native
from prologue.serve.running import Runner


def routes(context: Context) -> list[BaseRoute]:
    """Every route there is; the UI last, because it answers what nothing else does."""
    engine = QueryEngine(context.reader, limits_of(context.settings.query, context.settings.store))
    runner = Runner(context.reader)
    return [
        *receive_http.routes(context.intake),
        *Queries(context, engine, runner).routes(),
        *Labels(engine, runner).routes(),
        *Index(engine, runner).routes(),
        *Detected(context, engine, runner).routes(),
        *PatternRoutes(engine, runner).routes(),
        *Misc(context, engine, runner).routes(),
        *rules.routes(),
        *Deletes(context).routes(),
        *Tails(context, engine, runner).routes(),
        *Native(context, engine).routes(),
        *ParserRoutes(context).routes(),
        *health.routes(context),
        *ui.routes(),
    ]


def limits_of(query: Query, store: Store) -> Limits:
    """What one query may cost, as configured."""
    return Limits(
        timeout_seconds=query.timeout,
        memory_bytes=store.query_memory,
        read_bytes=query.max_bytes_read,
        max_series=query.max_series,
        max_entries=query.max_entries,
    )


def application(context: Context) -> Starlette:
    """The ASGI application of one process."""
    return Starlette(
        routes=routes(context),
        middleware=_middleware(context.settings.http.cors_origins),
        exception_handlers={
            PrologueError: errors.answer_error,
            HTTPException: errors.answer_http,
            Exception: errors.answer_defect,
        },
    )


def _middleware(cors_origins: Sequence[str]) -> list[Middleware]:
    compressed = Middleware(GZipMiddleware, minimum_size=4096, compresslevel=1)
    if not cors_origins:
        return [compressed]
    cors = Middleware(
        CORSMiddleware, allow_origins=list(cors_origins), allow_methods=["GET", "POST"], allow_headers=["*"]
    )
    return [cors, compressed]
