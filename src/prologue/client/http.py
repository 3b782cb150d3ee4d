"""A client for a running server, one method a route.

Times are Unix ns, steps and timeouts seconds, as everywhere in Prologue; `query` and `sql`, which are
for notebooks, take datetimes and texts too. A `Client` may be shared
between threads. Long queries travel as POST, so their length has no limit.

Source: Loki HTTP API reference; `docs/api.md` for what Prologue adds.
Next chapter: `prologue.client.frames`, tables; `prologue.client.results`, what Loki's routes answer;
`prologue.client.tail`, following.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import httpx
import msgspec
import orjson

from prologue.client import results
from prologue.client.failures import refusal, unreachable
from prologue.client.frames import MEDIA_TYPE, Frame, read_frame
from prologue.client.moments import Duration, Moment, duration, moment
from prologue.client.tail import open_tail
from prologue.client.tls import ClientTls
from prologue.model.errors import PrologueError, UserError

Direction = Literal["backward", "forward"]
T = TypeVar("T")

API = "/loki/api/v1"
TABLE_API = "/api/v1/query"
TENANT_HEADER = "X-Scope-OrgID"
# Asks for structured metadata and parsed labels apart from the stream's own labels.
_CATEGORIZE = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}


def connect(
    url: str = "http://127.0.0.1:3100",
    *,
    tenant: str | None = None,
    timeout: float = 70.0,
    ca: str | Path = "",
    cert: str | Path = "",
    key: str | Path = "",
) -> Client:
    """A client for the server at `url`; nothing is sent until a method is called.

    `tenant` is sent as `X-Scope-OrgID` (none: the server's default tenant). `timeout` in seconds
    covers one whole answer; the default lets the server's own query timeout speak first. For `https`:
    `ca` is a PEM file of the authority to trust instead of the system's, `cert` and `key` are what is
    shown to a server that asks for a certificate. Raises UserError if `url` is not an address, or a file
    is of no use.
    """
    return Client(url, tenant=tenant or "", timeout=timeout, tls=ClientTls(ca, cert, key))


class Client:
    """Asks one server on behalf of one tenant. Every method raises the errors of `prologue.model`."""

    def __init__(
        self, url: str, *, tenant: str = "", timeout: float = 70.0, tls: ClientTls | None = None
    ) -> None:
        self.url = _base_url(url)
        self._tls = (tls or ClientTls()).context() if self.url.startswith("https:") else None
        self._headers = {TENANT_HEADER: tenant} if tenant else {}
        self._http = httpx.Client(
            base_url=self.url,
            headers=self._headers,
            verify=self._tls or True,
            timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
            # Proxy variables meant for the internet must not capture questions to 127.0.0.1.
            trust_env=not _is_local(self.url),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The client cannot be used afterwards."""
        self._http.close()

    def query(
        self,
        query: str,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        since: Duration | None = None,
        step: Duration | None = None,
        limit: int | None = None,
        direction: Direction | None = None,
    ) -> Frame:
        """LogQL's answer as a table: lines, or samples, of the last hour unless the times say otherwise.

        A `step` of 0 evaluates a metric query once, at `end`. Loki's own routes are `query_range` and
        `query_instant`.
        """
        times = _times(start, end, since) | _given(step=duration(step))
        return self._table(_given(query=query, limit=limit, direction=direction) | times)

    def sql(
        self,
        query: str,
        *,
        parameters: Mapping[str, str | int | float | bool] | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        since: Duration | None = None,
        limit: int | None = None,
    ) -> Frame:
        """The answer of one SELECT over `logs` and `streams`; `parameters` are values for `{name:Type}`.

        The times bound what `logs` holds; without them that is everything. See docs/sql.md.
        """
        body = _given(query=query, language="sql", limit=limit) | _times(start, end, since)
        return self._table({**body, "parameters": dict(parameters or {})})

    def query_instant(
        self,
        query: str,
        *,
        at: int | None = None,
        limit: int | None = None,
        direction: Direction | None = None,
    ) -> results.Result:
        """Evaluate a metric query at one time (now unless `at` is given), in Loki's form."""
        form = _form(query=query, time=at, limit=limit, direction=direction)
        return self._post(f"{API}/query", form, results.decode_result)

    def query_range(
        self,
        query: str,
        *,
        start: int,
        end: int,
        step: float | None = None,
        limit: int | None = None,
        direction: Direction | None = None,
    ) -> results.Result:
        """Lines, or samples at `start`, `start + step`, ... up to `end`."""
        form = _form(query=query, start=start, end=end, step=step, limit=limit, direction=direction)
        return self._post(f"{API}/query_range", form, results.decode_result)

    def labels(
        self, *, start: int | None = None, end: int | None = None, query: str | None = None
    ) -> list[str]:
        """Names of the labels that streams carry in the range, of those that `query` selects."""
        return self._get(f"{API}/labels", _form(start=start, end=end, query=query), results.decode_names)

    def label_values(
        self, name: str, *, start: int | None = None, end: int | None = None, query: str | None = None
    ) -> list[str]:
        """Values of one label in the range."""
        path = f"{API}/label/{_segment(name)}/values"
        return self._get(path, _form(start=start, end=end, query=query), results.decode_names)

    def series(
        self, matchers: Sequence[str], *, start: int | None = None, end: int | None = None
    ) -> list[dict[str, str]]:
        """Label sets of the streams that any of the selectors matches."""
        form = _form(start=start, end=end) | {"match[]": list(matchers)}
        return self._post(f"{API}/series", form, results.decode_label_sets)

    def push(self, streams: Iterable[tuple[Mapping[str, str], Sequence[Sequence[Any]]]]) -> None:
        """Push lines in Loki's JSON form. Returns when they are durable.

        Each stream is its labels and its values, `[timestamp_ns, line]` or
        `[timestamp_ns, line, metadata]`.
        """
        body = {
            "streams": [
                {"stream": dict(labels), "values": [[str(value[0]), *value[1:]] for value in values]}
                for labels, values in streams
            ]
        }
        self._send(f"{API}/push", orjson.dumps(body), "application/json", {})

    def push_jsonline(
        self,
        body: bytes,
        *,
        time_field: str | None = None,
        message_field: str | None = None,
        stream_fields: Sequence[str] = (),
    ) -> None:
        """Push JSON lines: one object a line. Returns when they are durable."""
        query = {
            "_time_field": time_field,
            "_msg_field": message_field,
            "_stream_fields": ",".join(stream_fields) or None,
        }
        self._send("/insert/jsonline", body, "application/x-ndjson", query)

    def push_lines(self, body: bytes, labels: Mapping[str, str]) -> None:
        """Push plain text, one line a record, all with the same labels. Returns when they are durable."""
        self._send("/insert/lines", body, "text/plain; charset=utf-8", dict(labels))

    def tail(
        self, query: str, *, start: int | None = None, limit: int | None = None
    ) -> Iterator[results.TailMessage]:
        """New lines as they arrive, over one WebSocket, until it ends. See `prologue.client.tail.follow`."""
        form = _form(query=query, start=start, limit=limit)
        url = httpx.URL(self.url + f"{API}/tail", params=form)
        return open_tail(
            str(url.copy_with(scheme=url.scheme.replace("http", "ws"))), self._headers, self._tls
        )

    def rerun(self, query: str, pipelines: str, start: int, end: int) -> dict[str, Any]:
        """Have stored lines parsed again by `pipelines` (YAML), `start` to `end` in Unix ns; its state."""
        asked = {"query": query, "pipelines": pipelines, "start": start, "end": end}
        response = self._exchange("POST", "/api/v1/parsers/rerun", content=orjson.dumps(asked))
        return self._decoded(response, orjson.loads)

    def reruns(self) -> list[dict[str, Any]]:
        """The state of every request to parse lines again, oldest first."""
        return list(self._get("/api/v1/parsers/rerun", {}, orjson.loads)["reruns"])

    def ready(self) -> bool:
        """Whether the server says that it can take and answer. False too while it cannot be reached."""
        try:
            return self._http.get("/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def status(self) -> dict[str, Any]:
        """The server's own account: version, newest stored line, sources and receivers."""
        return self._get("/api/v1/status", {}, _decode_object)

    def _table(self, body: Mapping[str, Any]) -> Frame:
        headers = {"Content-Type": "application/json", "Accept": MEDIA_TYPE}
        answer = self._exchange("POST", TABLE_API, content=orjson.dumps(body), headers=headers)
        return read_frame(answer.content)

    def _get(self, path: str, params: Mapping[str, Any], decode: Callable[[bytes], T]) -> T:
        return self._decoded(self._exchange("GET", path, params=params), decode)

    def _post(self, path: str, form: Mapping[str, Any], decode: Callable[[bytes], T]) -> T:
        return self._decoded(self._exchange("POST", path, data=form, headers=_CATEGORIZE), decode)

    def _send(self, path: str, body: bytes, content_type: str, query: Mapping[str, str | None]) -> None:
        params = {name: value for name, value in query.items() if value is not None}
        self._exchange("POST", path, content=body, params=params, headers={"Content-Type": content_type})

    def _exchange(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **content)
        except httpx.TimeoutException as error:
            raise unreachable(self.url, "no answer in time") from error
        except httpx.TransportError as error:
            raise unreachable(self.url, str(error) or type(error).__name__) from error
        if response.status_code >= 300:
            raise refusal(response.status_code, response.content, response.headers, path)
        return response

    def _decoded(self, response: httpx.Response, decode: Callable[[bytes], T]) -> T:
        try:
            return decode(response.content)
        except msgspec.MsgspecError as error:
            raise PrologueError(
                f"the answer of {response.request.url.path} is not what the Loki API documents: {error}",
                cure="check that the address after --url is Prologue's",
            ) from error


def _decode_object(body: bytes) -> dict[str, Any]:
    return msgspec.json.decode(body, type=dict[str, Any])


def _times(start: Moment | None, end: Moment | None, since: Duration | None) -> dict[str, Any]:
    return _given(start=moment(start, "start"), end=moment(end, "end"), since=duration(since))


def _given(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _form(**parameters: str | int | float | None) -> dict[str, Any]:
    return {name: str(value) for name, value in parameters.items() if value is not None}


def _segment(name: str) -> str:
    if not name or "/" in name:
        raise UserError(f"{name!r} is not a label name", cure="a label name has letters, digits and _")
    return name


def _base_url(url: str) -> str:
    text = url if "://" in url else "http://" + url
    try:
        parsed = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise _not_an_address(url) from error
    if parsed.scheme not in ("http", "https") or not parsed.host or any(map(str.isspace, text)):
        raise _not_an_address(url)
    return text.rstrip("/")


def _not_an_address(url: str) -> UserError:
    return UserError(f"{url!r} is not the address of a server", cure="write it like http://127.0.0.1:3100")


def _is_local(url: str) -> bool:
    host = httpx.URL(url).host
    return host in ("localhost", "::1") or host.startswith("127.")
