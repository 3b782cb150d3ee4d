"""The two verbs of the Kubernetes API that are needed: list, and watch from a version on.

The service account's token is read for every request, because the kubelet renews it. A watch is a stream
of JSON lines that the server ends now and then; a version that is too old is `410 Gone`, as a status or as
an event, and means: list again.

Source: Kubernetes API Concepts, "Efficient detection of changes", "Resource versions", "410 Gone".

Next chapter: `prologue.collect.kubernetes.pods`.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import msgspec

from prologue.collect.kubernetes.settings import KubernetesSettings
from prologue.model.errors import PrologueError, TemporaryError

PAGE = 500
CONNECT_S = 10.0


class Gone(PrologueError):
    """The version is too old to watch from: list again."""

    code = "gone"


class _Meta(msgspec.Struct):
    resourceVersion: str = ""
    # The API's name of a page's successor.
    continue_: str = msgspec.field(name="continue", default="")


class _List(msgspec.Struct):
    items: list[dict[str, Any]] | None = None
    metadata: _Meta = msgspec.field(default_factory=_Meta)


class _Event(msgspec.Struct):
    type: str
    object: dict[str, Any]


_LIST = msgspec.json.Decoder(_List)
_EVENT = msgspec.json.Decoder(_Event)


class Api:
    """One API server or kubelet. Thread-safe; close it. Raises `TemporaryError` where it does not answer."""

    def __init__(self, settings: KubernetesSettings) -> None:
        self._settings = settings
        self._client = httpx.Client(
            base_url=settings.url,
            verify=_tls(settings),
            timeout=httpx.Timeout(CONNECT_S, read=settings.watch_s),
            headers={"User-Agent": "prologue-agent", "Accept": "application/json"},
            trust_env=False,  # the API is inside the cluster; a proxy is not
        )

    def list(
        self, path: str, parameters: Mapping[str, str] | None = None
    ) -> tuple[list[dict[str, Any]], str]:
        """Every item, and the version to watch from. Raises `Gone` where the list changed under its pages."""
        items: list[dict[str, Any]] = []
        query = {**(parameters or {}), "limit": str(PAGE)}
        while True:
            answer = self._get(path, query)
            try:
                page = _LIST.decode(answer.content)
            except msgspec.DecodeError as error:
                raise TemporaryError(f"{path} answered no list: {error}") from error
            items += page.items or []
            if not page.metadata.continue_:
                return items, page.metadata.resourceVersion
            query["continue"] = page.metadata.continue_

    def watch(
        self, path: str, version: str, parameters: Mapping[str, str] | None = None
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """(type, object) of every change after `version`, until the server ends the watch. Raises `Gone`."""
        query = {
            **(parameters or {}),
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(max(1, int(self._settings.watch_s * 0.9))),
        }
        try:
            with self._client.stream("GET", path, params=query, headers=self._credentials()) as answer:
                if answer.status_code != 200:
                    answer.read()
                    _check(answer, path)
                for line in answer.iter_lines():
                    if line:
                        yield _change(line)
        except httpx.HTTPError as error:
            raise _unreachable(self._settings.url, error) from error

    def close(self) -> None:
        self._client.close()

    def _get(self, path: str, query: Mapping[str, str]) -> httpx.Response:
        try:
            answer = self._client.get(path, params=query, headers=self._credentials())
        except httpx.HTTPError as error:
            raise _unreachable(self._settings.url, error) from error
        _check(answer, path)
        return answer

    def _credentials(self) -> dict[str, str]:
        file = self._settings.token_file
        if file is None:
            return {}
        try:
            return {"Authorization": f"Bearer {file.read_text().strip()}"}
        except OSError:
            return {}  # not in a pod: the API will say what it thinks of that


def _change(line: str) -> tuple[str, dict[str, Any]]:
    try:
        event = _EVENT.decode(line)
    except msgspec.DecodeError as error:
        raise TemporaryError(f"a watch brought something that is no event: {error}") from error
    if event.type == "ERROR":
        if event.object.get("code") == 410:
            raise Gone("the version is too old")
        raise TemporaryError(f"the watch ended: {event.object.get('message', event.object)}")
    return event.type, event.object


def _check(answer: httpx.Response, path: str) -> None:
    if answer.status_code == 410:
        raise Gone("the version is too old")
    if answer.status_code in (401, 403):
        raise TemporaryError(
            f"the Kubernetes API refuses {path} ({answer.status_code})",
            cure="give the service account a role with get, list and watch on pods (and events)",
        )
    if answer.status_code != 200:
        raise TemporaryError(f"the Kubernetes API answered {answer.status_code} to {path}")


def _unreachable(url: str, error: httpx.HTTPError) -> TemporaryError:
    return TemporaryError(
        f"the Kubernetes API at {url} cannot be reached: {error or type(error).__name__}",
        cure="check collect.kubernetes.url and the network policy",
    )


def _tls(settings: KubernetesSettings) -> ssl.SSLContext:
    if not settings.url.startswith("https://"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    file = settings.ca_file
    return ssl.create_default_context(cafile=str(file) if file is not None and file.is_file() else None)
