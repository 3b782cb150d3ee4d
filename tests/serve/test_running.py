"""A client that hangs up takes its query with it."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import ExitStack
from urllib.parse import urlencode

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from prologue.model.errors import PrologueError
from prologue.serve.errors import answer_error
from prologue.serve.running import Runner
from prologue.store.reader import Reader
from tests.support.server import wait_until

ENDLESS = "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)"
TAGGED = "SELECT count() AS n FROM system.processes WHERE Settings['log_comment'] LIKE 'prologue-%'"


@pytest.fixture
def reader(open_engine):
    reader = Reader(open_engine, size=1)
    yield reader
    reader.close()


@pytest.fixture
def url(reader):
    """A server with one route, which runs the statement it is given through a Runner."""
    runner = Runner(reader)

    async def run(http):
        await http.body()
        table, usage = await runner.metered(http, lambda: reader.arrow(http.query_params["sql"]))
        return JSONResponse({"rows": table.num_rows, "read": usage.rows})

    application = Starlette(
        routes=[Route("/", run, methods=["GET", "POST"])], exception_handlers={PrologueError: answer_error}
    )
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join(30)


def test_an_answer_with_what_it_read(url):
    answer = httpx.get(url, params={"sql": "SELECT number FROM numbers(10)"}, timeout=30)
    assert answer.json() == {"rows": 10, "read": 10}


@pytest.fixture
def running(open_engine):
    """How many statements of clients run now."""
    watching = open_engine()

    def count() -> int:
        return watching.arrow(TAGGED)["n"][0].as_py()

    return count


def ask(connection: socket.socket, method: str = "GET") -> None:
    """Send a request for a statement that does not end, and do not wait."""
    target = "/?" + urlencode({"sql": ENDLESS})
    connection.sendall(f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())


def address(url: str) -> tuple[str, int]:
    host, port = url.removeprefix("http://").removesuffix("/").split(":")
    return host, int(port)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_hanging_up_stops_the_query_and_frees_its_connection(url, running, method):
    with socket.create_connection(address(url)) as connection:
        ask(connection, method)
        wait_until(lambda: running() == 1)
    wait_until(lambda: running() == 0)
    answer = httpx.get(url, params={"sql": "SELECT 1"}, timeout=30)
    assert answer.json()["rows"] == 1, "the only connection of the pool serves again"


def test_more_queries_than_threads_can_be_stopped(url, running):
    with ExitStack() as clients:
        for _ in range(40):
            ask(clients.enter_context(socket.create_connection(address(url))))
        wait_until(lambda: running() == 1)
    wait_until(lambda: running() == 0)
    assert httpx.get(url, params={"sql": "SELECT 1"}, timeout=30).status_code == 200


def test_a_cancelled_task_takes_its_query_with_it(reader, running):
    async def cancelled() -> None:
        task = asyncio.create_task(Runner(reader).unwatched(lambda: reader.arrow(ENDLESS)))
        while await asyncio.to_thread(running) == 0:
            pass
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert running() == 0
