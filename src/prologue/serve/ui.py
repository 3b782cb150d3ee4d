"""The web UI's files, out of the package. Works offline: nothing is loaded from elsewhere."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

# Scripts are our own files only; styles may also be set by script (the editor and the charts do).
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # The names carry no hash: a browser asks each time, and gets 304 until an upgrade.
    "Cache-Control": "no-cache",
}


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response


def static_directory() -> Path:
    """Where the bundled UI lies in the installed package."""
    return Path(str(resources.files("prologue.serve"))) / "static"


def routes() -> list[BaseRoute]:
    """The UI at `/`; to be listed last, because it answers every path that nothing else does."""
    return [Mount("/", _Files(directory=static_directory(), html=True))]
