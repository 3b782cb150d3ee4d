"""A real Envoy in front of a service writes its access logs to a real Prologue, over HTTP and TCP."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import matrix
from tests.support.loki import Loki
from tests.support.ports import free_port
from tests.support.server import ServerProcess, wait_until

ENVOY = Path(sys.executable).parent / "envoy"
CONFIG = Path(__file__).parent / "envoy.yaml"
TENANT = "mesh"
TRACE = "0af7651916cd43dd8448eb211c80319c"
REQUESTS = 40
REQUEST = b"GET /cart HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Service(BaseHTTPRequestHandler):
    """Answers 200, or the status that the path ends with."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b"hello"
        status = re.search(r"/(\d{3})$", self.path)
        self.send_response(int(status.group(1)) if status else 200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("envoy") / "data"
    running = ServerProcess(folder, PROLOGUE_GRPC__LISTEN="127.0.0.1:0").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def proxy(server, tmp_path_factory) -> Iterator[dict[str, int]]:
    """The ports of a running Envoy."""
    folder = tmp_path_factory.mktemp("proxy")
    service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    ports = {
        "HTTP_PORT": free_port(),
        "TCP_PORT": free_port(),
        "SERVICE_PORT": service.server_address[1],
        "GRPC_PORT": int(server.grpc_address.rpartition(":")[2]),
    }
    text = CONFIG.read_text()
    for name, value in {**ports, "TENANT": TENANT}.items():
        text = text.replace(f"{{{name}}}", str(value))
    (folder / "envoy.yaml").write_text(text)
    command = [str(ENVOY), "-c", str(folder / "envoy.yaml"), "--concurrency", "1", "--disable-hot-restart"]
    with (folder / "envoy.log").open("wb") as log:
        process = subprocess.Popen([*command, "--log-level", "warning"], stdout=log, stderr=log)

    def listening() -> bool:
        assert process.poll() is None, (folder / "envoy.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", ports["HTTP_PORT"])) == 0

    wait_until(listening)
    yield ports
    process.terminate()
    process.wait(20)
    service.shutdown()
    service.server_close()


def lines(server: ServerProcess, query: str) -> list[tuple[str, dict[str, str]]]:
    """Each line and its labels, structured metadata included."""
    answer = Loki(server, TENANT).get("query_range", query=query, limit=1000)
    return [(line[1], stream["stream"]) for stream in answer["data"]["result"] for line in stream["values"]]


def test_http_entries(server, proxy):
    base = f"http://127.0.0.1:{proxy['HTTP_PORT']}"
    headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "x-team": "blue", "user-agent": "test/1"}
    with httpx.Client(base_url=base, headers=headers) as client:
        for number in range(REQUESTS - 2):
            assert client.post(f"/cart/{number}?q=1", content=b"12345").status_code == 200
        assert client.get("/cart/404").status_code == 404
        assert client.get("/dead").status_code == 503
    query = '{service_name="edge", log_name="ingress"}'
    wait_until(lambda: len(lines(server, query)) >= REQUESTS)
    found = {labels["path"]: (line, labels) for line, labels in lines(server, query)}
    assert len(found) == REQUESTS
    line, labels = found["/cart/7?q=1"]
    expected = {
        "method": "POST",
        "path": "/cart/7?q=1",
        "status": "200",
        "protocol": "HTTP/1.1",
        "upstream_cluster": "cart",
        "upstream_host": f"127.0.0.1:{proxy['SERVICE_PORT']}",
        "route_name": "to-cart",
        "bytes_received": "5",
        "bytes_sent": "5",
        "user_agent": "test/1",
        "response_code_details": "via_upstream",
        "request_header_x_team": "blue",
        "response_header_content_type": "text/plain",
        "detected_level": "info",
        "trace_id": TRACE,
        "span_id": "b7ad6b7169203331",
        "namespace": "shop",
        "pod": "cart-5d8f",
    }
    assert expected.items() <= labels.items()
    assert float(labels["duration_ms"]) > 0
    host = f"127.0.0.1:{proxy['SERVICE_PORT']}"
    assert re.fullmatch(
        r'\[\S+Z\] "POST /cart/7\?q=1 HTTP/1.1" 200 - 5 5 \d+ \d+ "-" "test/1" "[0-9a-f-]{36}" '
        rf'"127.0.0.1:{proxy["HTTP_PORT"]}" "{host}"',
        line,
    )
    assert found["/cart/404"][1]["detected_level"] == "warn"
    dead = found["/dead"][1]
    assert (dead["detected_level"], dead["status"]) == ("error", "503")
    assert "UF" in dead["response_flags"]
    assert "upstream_transport_failure_reason" in dead
    matrix.record(
        sender="Envoy",
        version="1.40.0",
        protocol="ALS v3 http_grpc",
        sent=REQUESTS,
        stored=len(found),
        attributes=expected.keys() - {"detected_level"},
    )


def test_tcp_entries(server, proxy):
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", proxy["TCP_PORT"])) as client:
            client.sendall(REQUEST)
            while client.recv(4096):
                pass
    query = '{service_name="edge", log_name="raw"}'
    wait_until(lambda: len(lines(server, query)) >= 5)
    found = lines(server, query)
    assert len(found) == 5
    line, labels = found[0]
    assert labels["upstream_cluster"] == "cart"
    assert int(labels["bytes_received"]) == len(REQUEST)
    assert int(labels["bytes_sent"]) > 5
    assert labels["detected_level"] == "info"
    assert labels["access_log_type"] == "TcpConnectionEnd"
    assert f'"- - -" 0 - {len(REQUEST)} ' in line
    matrix.record(
        sender="Envoy",
        version="1.40.0",
        protocol="ALS v3 tcp_grpc",
        sent=5,
        stored=len(found),
        attributes=["upstream_cluster", "bytes_received", "bytes_sent", "access_log_type"],
    )


def test_the_status_page_tells_of_it(server, proxy):
    (standing,) = [found for found in server.status()["receivers"] if found["name"] == "envoy"]
    assert standing["connections"] >= 1
    assert standing["records"] >= 1
    assert standing["last_error"] == ""
