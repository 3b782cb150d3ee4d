"""Running a query for a client: on a thread, stopped when the client hangs up.

The engine has no asynchronous client, so work runs on threads of its own; the reader's pool bounds how
much of it runs at once. While it runs, the connection is watched: a dashboard that is closed or
refreshed must not leave its queries running. What stops them has a thread to itself, because it is
wanted most when all others are taken.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import Request

from prologue.model.errors import Cancelled
from prologue.store.engine import Usage
from prologue.store.reader import CALL, Call, Reader

_T = TypeVar("_T")
# More than the reader's connections: who waits for one is refused in turn, not left in a queue unseen.
_THREADS = 32
# Between two tries to stop work whose next read may just be starting.
_RETRY_SECONDS = 0.05


class Runner:
    """Runs blocking work that reads through one reader."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._threads = ThreadPoolExecutor(_THREADS, "query")
        self._stopper = ThreadPoolExecutor(1, "stop-query")

    async def run(self, http: Request, work: Callable[[], _T]) -> _T:
        """What `work` answers; see `metered`."""
        return (await self.metered(http, work))[0]

    async def metered(self, http: Request, work: Callable[[], _T]) -> tuple[_T, Usage]:
        """What `work` answers and what it read. The request's body must have been read.

        Raises Cancelled where the client has hung up, after the work has been stopped.
        """
        call = Call()
        leaving = asyncio.create_task(_hung_up(http))
        try:
            return await self._outcome(call, work, leaving), call.usage
        finally:
            leaving.cancel()

    async def unwatched(self, work: Callable[[], _T]) -> _T:
        """What `work` answers. It is stopped where the task that awaits this is cancelled."""
        return await self._outcome(Call(), work, None)

    async def _outcome(self, call: Call, work: Callable[[], _T], leaving: asyncio.Task[None] | None) -> _T:
        context = contextvars.copy_context()
        context.run(CALL.set, call)
        working = asyncio.get_running_loop().run_in_executor(self._threads, context.run, work)
        awaited: set[asyncio.Future[_T] | asyncio.Task[None]] = {working}
        try:
            await asyncio.wait(
                awaited | ({leaving} if leaving else set()), return_when=asyncio.FIRST_COMPLETED
            )
        except asyncio.CancelledError:
            await self._stop(call, working)
            working.exception()  # of no interest any more, and asyncio would report it as forgotten
            raise
        if not working.done():
            await self._stop(call, working)
            if working.exception() is None:
                raise Cancelled("the client hung up")
        return working.result()

    async def _stop(self, call: Call, working: asyncio.Future[_T]) -> None:
        loop = asyncio.get_running_loop()
        while not working.done():
            await loop.run_in_executor(self._stopper, self._reader.cancel, call)
            await asyncio.wait({working}, timeout=_RETRY_SECONDS)


async def _hung_up(http: Request) -> None:
    """Ends when the client does."""
    while (await http.receive())["type"] != "http.disconnect":
        pass
