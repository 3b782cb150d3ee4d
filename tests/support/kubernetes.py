"""A real HTTP server that answers as the Kubernetes API documents: pages, watches, 410 Gone, tokens."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class ApiServer:
    """`items` by path is what a list answers; `change` sends to every watch of a path."""

    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    version: int = 100
    token: str = ""
    oldest: int = 0  # a watch from before it is 410 Gone
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    watches: dict[str, list[queue.Queue[bytes | None]]] = field(default_factory=dict)
    failing: int = 0
    url: str = ""

    def change(self, path: str, kind: str, document: dict[str, Any]) -> None:
        self.version += 1
        document.setdefault("metadata", {})["resourceVersion"] = str(self.version)
        key = document["metadata"].get("uid")
        kept = [i for i in self.items.get(path, []) if i["metadata"].get("uid") != key]
        self.items[path] = kept if kind == "DELETED" else [*kept, document]
        self.send(path, {"type": kind, "object": document})

    def send(self, path: str, event: dict[str, Any] | None) -> None:
        """To every watch; None ends them."""
        data = None if event is None else json.dumps(event).encode() + b"\n"
        for watch in list(self.watches.get(path, ())):
            watch.put(data)

    def watchers(self, path: str) -> int:
        return len(self.watches.get(path, ()))


def _handler(server: ApiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            server.requests.append((path, query))
            if server.token and self.headers.get("Authorization") != f"Bearer {server.token}":
                self._answer(401, {"kind": "Status", "code": 401})
            elif server.failing:
                self._answer(server.failing, {"kind": "Status", "code": server.failing})
            elif "watch" in query:
                self._watch(path, int(query["resourceVersion"]))
            else:
                self._list(path, query)

        def _list(self, path: str, query: dict[str, str]) -> None:
            items, start = server.items.get(path, []), int(query.get("continue", "0"))
            page = items[start : start + 2]  # small pages, so that there is more than one
            more = {"continue": str(start + 2)} if start + 2 < len(items) else {}
            self._answer(200, {"items": page, "metadata": {"resourceVersion": str(server.version), **more}})

        def _watch(self, path: str, version: int) -> None:
            if version < server.oldest:
                self._answer(410, {"kind": "Status", "code": 410})
                return
            changes: queue.Queue[bytes | None] = queue.Queue()
            server.watches.setdefault(path, []).append(changes)
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                while (data := changes.get()) is not None:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.write(b"0\r\n\r\n")
            except OSError:
                pass  # the client went away
            finally:
                server.watches[path].remove(changes)

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def serving() -> Iterator[ApiServer]:
    """It runs inside the block."""
    server = ApiServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    http.block_on_close = False
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield server
    for path in list(server.watches):
        server.send(path, None)
    http.shutdown()
    http.server_close()
    thread.join()


def a_pod(name: str = "cart-7d9c6b5f4-x2x4z", uid: str = "u1", **annotations: str) -> dict[str, Any]:
    """As the API documents a pod, with what matters here."""
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": uid,
            "labels": {"app.kubernetes.io/name": "cart", "tier": "web"},
            "annotations": {f"prologue.io/{key}": value for key, value in annotations.items()},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "cart-7d9c6b5f4", "controller": True}],
        },
        "spec": {
            "nodeName": "n1",
            "containers": [
                {
                    "name": "app",
                    "image": "registry:5000/shop/cart:1.4",
                    "volumeMounts": [{"name": "logs", "mountPath": "/var/log/app"}],
                },
                {"name": "proxy", "image": "envoy", "env": [{"name": "OTEL_SERVICE_NAME", "value": "mesh"}]},
            ],
            "volumes": [{"name": "logs", "emptyDir": {}}],
        },
    }


def event(number: int, kind: str = "Normal", **changes: Any) -> dict[str, Any]:
    """As the API documents an event."""
    return {
        "metadata": {"name": f"cart.{number}", "namespace": "shop", "uid": f"e{number}"},
        "involvedObject": {
            "kind": "Pod",
            "name": "cart-0",
            "namespace": "shop",
            "fieldPath": "spec.containers{app}",
        },
        "reason": "Pulled",
        "message": f"event {number}\n",
        "type": kind,
        "count": 3,
        "lastTimestamp": "2026-01-02T03:04:05Z",
        "source": {"component": "kubelet", "host": "n1"},
        **changes,
    }
