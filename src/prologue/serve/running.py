"""Running a query for a client: on a thread, stopped when the client hangs up.

The engine has no asynchronous client, so work runs on threads; the reader's pool bounds how much of it
runs at once. While it runs, the connection is watched: a dashboard that is closed or refreshed must not
leave its queries running.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request

from prologue.model.errors import Cancelled
from prologue.store.engine import Usage
from prologue.store.reader import CALL, Call, Reader

_T = TypeVar("_T")
# Between two tries to stop work whose next read may just be starting.
_RETRY_SECONDS = 0.05


class Runner:
    """Runs blocking work that reads through one reader."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def run(self, http: Request, work: Callable[[], _T]) -> _T:
        """What `work` answers; see `metered`."""
        return (await self.metered(http, work))[0]

    async def metered(self, http: Request, work: Callable[[], _T]) -> tuple[_T, Usage]:
        """What `work` answers and what it read. The request's body must have been read.

        Raises Cancelled where the client has hung up, after the work has been stopped.
        """
        call = Call()
        token = CALL.set(call)
        try:
            working = asyncio.create_task(asyncio.to_thread(work))
        finally:
            CALL.reset(token)
        leaving = asyncio.create_task(_hung_up(http))
        try:
            await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                await self._stop(call, working)
        finally:
            leaving.cancel()
        return working.result(), call.usage

    async def _stop(self, call: Call, working: asyncio.Task[_T]) -> None:
        while not working.done():
            await asyncio.to_thread(self._reader.cancel, call)
            await asyncio.wait({working}, timeout=_RETRY_SECONDS)
        if working.exception() is None:
            raise Cancelled("the client hung up")


async def _hung_up(http: Request) -> None:
    """Ends when the client does."""
    while (await http.receive())["type"] != "http.disconnect":
        pass
