"""One HTTP client for one endpoint: compression, TLS, credentials, and failures in our own words.

Built on httpx, which keeps connections open and is safe to share between threads. Proxies are taken
from the environment, as every client does (`HTTPS_PROXY`, `NO_PROXY`).

Next chapter: `prologue.ship.sink`, whose threads post.
"""

from __future__ import annotations

import email.utils
import gzip
import ssl
import sys
import time
from collections.abc import Callable

import httpx

from prologue.model.errors import ConfigError, TemporaryError
from prologue.ship.destination import Reply, Request
from prologue.ship.settings import ShipSettings, Target

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_FASTEST = 1
# Below this, compressing costs more than it saves.
_WORTH_COMPRESSING = 256
# How long an endpoint may make us wait by `Retry-After`.
_LONGEST_RETRY_AFTER = 300.0

_CODECS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda data: zstd.compress(data, _FASTEST),
    "gzip": lambda data: gzip.compress(data, _FASTEST, mtime=0),
}


class HttpClient:
    """Thread-safe. Close it. Raises `ConfigError` where certificates or the address cannot be used."""

    def __init__(self, target: Target, settings: ShipSettings, compression: str) -> None:
        self._name = compression if compression in _CODECS else ""
        self._codec = _CODECS.get(compression)
        headers = {"User-Agent": "prologue-agent", **target.headers}
        if target.token:
            headers["Authorization"] = f"Bearer {target.token}"
        _require_address(target.url)
        self._client = httpx.Client(
            headers=headers,
            verify=_tls(target),
            timeout=httpx.Timeout(settings.timeout),
            limits=httpx.Limits(max_connections=settings.connections + 2),
        )

    def post(self, request: Request) -> Reply:
        """The answer, whatever its status. Raises `TemporaryError` where there was none."""
        body, headers = request.body, dict(request.headers)
        if self._codec is not None and len(body) >= _WORTH_COMPRESSING and "Content-Encoding" not in headers:
            body = self._codec(body)
            headers["Content-Encoding"] = self._name
        try:
            answer = self._client.post(request.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise TemporaryError(
                f"{request.url} cannot be reached: {error or type(error).__name__}",
                cure="is the server running, and the address right?",
            ) from error
        return Reply(answer.status_code, answer.content, retry_after(answer.headers.get("retry-after", "")))

    def close(self) -> None:
        self._client.close()


def retry_after(value: str, now: Callable[[], float] = time.time) -> float:
    """Seconds that a `Retry-After` asks for (RFC 9110, 10.2.3: seconds or a date); 0 where it says nothing.

    >>> retry_after("7"), retry_after("soon"), retry_after("Thu, 01 Jan 1970 00:00:30 GMT", lambda: 10.0)
    (7.0, 0.0, 20.0)
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_RETRY_AFTER)
    try:
        when = email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError):
        return 0.0
    return min(max(0.0, when - now()), _LONGEST_RETRY_AFTER)


def _require_address(url: str) -> None:
    try:
        found = httpx.URL(url)
        known = found.scheme in ("http", "https") and bool(found.host.strip("[]"))
    except httpx.InvalidURL:
        known = False
    if not known:
        raise ConfigError(
            f"{url!r} is no address to ship to", key="agent.url", cure="write it like https://logs:3100"
        )


def _tls(target: Target) -> ssl.SSLContext:
    """Certificates are always verified: against `ca_file`, else against the system's authorities."""
    if not target.url.startswith("https://"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reading the authorities costs time and memory
    try:
        context = ssl.create_default_context(cafile=None if target.ca_file is None else str(target.ca_file))
        if target.cert_file is not None:
            context.load_cert_chain(target.cert_file, target.key_file)
    except (OSError, ssl.SSLError) as error:
        named = ", ".join(str(f) for f in (target.ca_file, target.cert_file, target.key_file) if f)
        raise ConfigError(
            f"the certificates cannot be used ({named}): {error}",
            key="agent.ca_file",
            cure="name readable PEM files; the key must belong to the certificate",
        ) from error
    return context
