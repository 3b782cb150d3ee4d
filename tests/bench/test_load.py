"""The senders against a real HTTP server: everything arrives once, refusals are sent again, errors show."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from bench import encodings
from bench.load import send


class Taker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    statuses: ClassVar[list[int]] = []
    taken: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.statuses.pop(0) if self.statuses else 204
        if status == 204:
            self.taken.append((self.path, body))
        self.send_response(status)
        answer = b"" if status == 204 else b"no"
        if answer:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def taker():
    Taker.statuses.clear()
    Taker.taken.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bodies(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "CACHE", tmp_path)
    return encodings.bodies("jsonlines", 20_000)


def test_every_body_arrives_once(taker, bodies):
    sent = send(taker, "/insert", bodies, senders=3)
    assert sorted(body for _, body in Taker.taken) == sorted(bytes(bodies.bytes_of(b)) for b in bodies.bodies)
    assert {path for path, _ in Taker.taken} == {"/insert?_stream_fields=service_name,pod,namespace"}
    assert (sent.rows, sent.refused, len(sent.latencies)) == (20_000, 0, 5)
    assert sent.raw_bytes == len(bodies.data)


def test_a_refused_body_is_sent_again(taker, bodies):
    Taker.statuses.extend([429, 503])
    sent = send(taker, "/insert", bodies, senders=1)
    assert (sent.refused, len(Taker.taken)) == (2, 5)


def test_only_as_many_rows_as_are_asked_for(taker, bodies):
    assert send(taker, "/insert", bodies, senders=2, rows=4_001, rows_per_second=1e9).rows == 8_000


def test_an_error_is_no_acknowledgement(taker, bodies):
    Taker.statuses.append(400)
    with pytest.raises(RuntimeError, match="answered 400: b'no'"):
        send(taker, "/insert", bodies, senders=1)
