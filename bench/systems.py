"""Who is measured: Prologue, and the rivals whose binaries are given, each on an empty directory.

A `System` knows how its process is started, which target takes which path, and how to ask it what it has
stored. `PROLOGUE_BENCH_VICTORIALOGS` and `PROLOGUE_BENCH_LOKI` name binaries; each then gets the same
bodies in the same run. Their flags are their documentation's: limits that would refuse the load are
lifted, nothing else is tuned. Neither syncs to disk before it acknowledges; Prologue does.

Sources: VictoriaLogs' "Data ingestion" and "HTTP API" pages and its list of command-line flags; Loki's
configuration reference and HTTP API.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from bench import generate
from bench.process import Watched, free_port, running, wait_ready

_PROBE = "bench-probe"

# Nothing of this machine is collected, and no port is taken that another Prologue may have.
_ALONE = {
    "PROLOGUE_COLLECT__ENABLED": "false",
    "PROLOGUE_GRPC__LISTEN": "",
    "PROLOGUE_RECEIVE__OTLP_HTTP_LISTEN": "",
}


class System(Protocol):
    """One kind of server. `targets` maps a path of `encodings` to where it is posted; `push` is where
    Loki's push format is taken."""

    @property
    def name(self) -> str: ...

    @property
    def push(self) -> str: ...

    @property
    def targets(self) -> Mapping[str, str]: ...

    def running(self, folder: Path) -> contextlib.AbstractContextManager[tuple[str, Watched]]:
        """A fresh server with everything it stores in `folder`; its URL."""
        ...

    def lines(self, url: str, rows: int) -> int:
        """How many lines can be queried, of the `rows` the benchmark sends."""
        ...

    def finds(self, url: str, text: str) -> bool:
        """Whether the probe that says `text` can be queried."""
        ...


def _span(rows: int) -> tuple[int, int]:
    """Unix ns around all lines of the benchmark."""
    return generate.START_NS, generate.START_NS + rows * generate.STEP_NS


def _loki_finds(url: str, text: str) -> bool:
    query = f'{{service_name="{_PROBE}"}} |= "{text}"'
    answer = httpx.get(
        f"{url}/loki/api/v1/query_range",
        params={
            "query": query,
            "start": str(time.time_ns() - 600 * 10**9),
            "end": str(time.time_ns() + 10**9),
        },
        timeout=30,
    )
    return answer.status_code == 200 and bool(answer.json()["data"]["result"])


def probe(text: str) -> bytes:
    """A push of one line, in Loki's JSON, which every system here takes."""
    entry = [str(time.time_ns()), text]
    return json.dumps({"streams": [{"stream": {"service_name": _PROBE}, "values": [entry]}]}).encode()


@dataclass(frozen=True)
class Prologue:
    """`prologue up` out of this checkout."""

    name: str = "prologue"
    push: str = "/loki/api/v1/push"

    @property
    def targets(self) -> Mapping[str, str]:
        return {
            "jsonlines": "/insert/jsonline",
            "text": "/insert/lines",
            "loki": "/loki/api/v1/push",
            "otlp": "/v1/logs",
        }

    @contextlib.contextmanager
    def running(self, folder: Path) -> Iterator[tuple[str, Watched]]:
        data, log, address = folder / "data", folder / "server.log", f"127.0.0.1:{free_port()}"
        command = [sys.executable, "-m", "prologue", "up", "--listen", address, "--data-dir", str(data)]
        with running(command, data, log, _ALONE) as watched:
            wait_ready(watched, f"http://{address}/ready", log)
            yield f"http://{address}", watched

    def lines(self, url: str, rows: int) -> int:  # noqa: ARG002  # it counts whatever there is
        return int(httpx.get(f"{url}/api/v1/status", timeout=60).json()["stored_lines"])

    def finds(self, url: str, text: str) -> bool:
        return _loki_finds(url, text)


@dataclass(frozen=True)
class VictoriaLogs:
    """VictoriaLogs, single node."""

    binary: Path
    name: str = "victorialogs"
    push: str = "/insert/loki/api/v1/push"

    @property
    def targets(self) -> Mapping[str, str]:
        return {
            "jsonlines": "/insert/jsonline",
            "loki": "/insert/loki/api/v1/push",
            "otlp": "/insert/opentelemetry/v1/logs",
        }

    @contextlib.contextmanager
    def running(self, folder: Path) -> Iterator[tuple[str, Watched]]:
        data, log, address = folder / "data", folder / "server.log", f"127.0.0.1:{free_port()}"
        command = [
            str(self.binary),
            f"-storageDataPath={data}",
            f"-httpListenAddr={address}",
            "-retentionPeriod=100y",
            "-futureRetention=100y",
        ]
        with running(command, data, log, {}) as watched:
            wait_ready(watched, f"http://{address}/health", log)
            yield f"http://{address}", watched

    def lines(self, url: str, rows: int) -> int:
        start, end = _span(rows)
        answer = httpx.get(
            f"{url}/select/logsql/query",
            params={"query": "* | stats count() as lines", "start": str(start), "end": str(end)},
            timeout=120,
        )
        answer.raise_for_status()
        found = answer.text.strip()
        return int(json.loads(found)["lines"]) if found else 0

    def finds(self, url: str, text: str) -> bool:
        query = f'{{service_name="{_PROBE}"}} "{text}"'
        answer = httpx.get(f"{url}/select/logsql/query", params={"query": query}, timeout=30)
        return answer.status_code == 200 and text in answer.text


_LOKI_CONFIG = """
auth_enabled: false
server:
  http_listen_address: 127.0.0.1
  http_listen_port: {port}
  grpc_listen_address: 127.0.0.1
  grpc_listen_port: {grpc_port}
  grpc_server_max_recv_msg_size: 268435456
  log_level: error
common:
  instance_addr: 127.0.0.1
  path_prefix: {data}
  replication_factor: 1
  ring: {{kvstore: {{store: inmemory}}}}
  storage: {{filesystem: {{chunks_directory: {data}/chunks, rules_directory: {data}/rules}}}}
schema_config:
  configs:
    - from: 2020-01-01
      store: tsdb
      object_store: filesystem
      schema: v13
      index: {{prefix: index_, period: 24h}}
limits_config:
  reject_old_samples: false
  creation_grace_period: 100y
  allow_structured_metadata: true
  ingestion_rate_mb: 10000
  ingestion_burst_size_mb: 10000
  per_stream_rate_limit: 10GB
  per_stream_rate_limit_burst: 10GB
  max_query_length: 0
  max_query_lookback: 0
  volume_enabled: true
analytics: {{reporting_enabled: false}}
"""


@dataclass(frozen=True)
class Loki:
    """Loki, every role in one process, filesystem storage, TSDB index."""

    binary: Path
    name: str = "loki"
    push: str = "/loki/api/v1/push"

    @property
    def targets(self) -> Mapping[str, str]:
        return {"loki": "/loki/api/v1/push", "otlp": "/otlp/v1/logs"}

    @contextlib.contextmanager
    def running(self, folder: Path) -> Iterator[tuple[str, Watched]]:
        data, log, port = folder / "data", folder / "server.log", free_port()
        config = folder / "loki.yaml"
        config.write_text(_LOKI_CONFIG.format(port=port, grpc_port=free_port(), data=data))
        with running([str(self.binary), f"-config.file={config}"], data, log, {}) as watched:
            wait_ready(watched, f"http://127.0.0.1:{port}/ready", log)
            yield f"http://127.0.0.1:{port}", watched

    def lines(self, url: str, rows: int) -> int:
        start, end = _span(rows)
        seconds = (end - start) // 10**9 + 2
        answer = httpx.get(
            f"{url}/loki/api/v1/query",
            params={
                "query": f'sum(count_over_time({{service_name=~".+"}}[{seconds}s]))',
                "time": str(end + 10**9),
            },
            timeout=120,
        )
        answer.raise_for_status()
        result = answer.json()["data"]["result"]
        return int(result[0]["value"][1]) if result else 0

    def finds(self, url: str, text: str) -> bool:
        return _loki_finds(url, text)


def systems() -> tuple[System, ...]:
    """Prologue, and every rival whose binary is given."""
    found: list[System] = [Prologue()]
    for variable, kind in (("PROLOGUE_BENCH_VICTORIALOGS", VictoriaLogs), ("PROLOGUE_BENCH_LOKI", Loki)):
        if given := os.environ.get(variable):
            binary = Path(given)
            if not os.access(binary, os.X_OK):
                raise SystemExit(f"{variable} names {given}, which is no program that can be run")
            found.append(kind(binary))
    return tuple(found)
