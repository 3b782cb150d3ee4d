"""Fluent Forward from libraries that speak it: fluent-logger for Python, @fluent-org/logger for Node."""

from __future__ import annotations

import json
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

import pytest
from fluent import sender

from tests.support import npm
from tests.support.matrix import record
from tests.support.server import ServerProcess, wait_until

COUNT = 500
NODE_VERSION = "1.0.10"
SCRIPT = Path(__file__).with_name("fluent_logger.js")
ATTRIBUTES = ["fluent_tag", "level", "order.id", "order.shop", "network_peer_address"]


@pytest.fixture
def sent(stored):
    """Waits for the lines under a tag and holds them against what was sent; the first of them."""

    def check(tag: str, count: int = COUNT):
        def lines():
            return stored(f'{{fluent_tag="{tag}"}}')

        wait_until(lambda: len(lines()) >= count)
        found = lines()
        assert sorted(line.body for line in found) == sorted(f"order {n} placed" for n in range(count))
        return found

    return check


def new_tag() -> str:
    return f"shop{time.time_ns()}"


@pytest.mark.parametrize("nanoseconds", [False, True], ids=["seconds", "EventTime"])
def test_fluent_logger_for_python(ports, sent, nanoseconds):
    tag = new_tag()
    logger = sender.FluentSender(
        tag, host="127.0.0.1", port=ports["fluent/tcp"], nanosecond_precision=nanoseconds
    )
    before = time.time()
    for number in range(COUNT):
        assert logger.emit(
            "orders",
            {
                "message": f"order {number} placed",
                "level": "warn",
                "order": {"id": number, "shop": "caf\u00e9"},
            },
        )
    logger.close()
    lines = sent(f"{tag}.orders")
    first = next(line for line in lines if line.body == "order 0 placed")
    assert first.attributes["detected_level"] == "warn"
    assert (first.attributes["order_id"], first.attributes["order_shop"]) == ("0", "caf\u00e9")
    assert abs(first.time / 1e9 - before) < (0.5 if nanoseconds else 2)
    record(
        sender="fluent-logger (Python)",
        version=version("fluent-logger"),
        protocol=f"Fluent Forward, Message{', EventTime' if nanoseconds else ''}",
        sent=COUNT,
        stored=len(lines),
        attributes=ATTRIBUTES,
    )


def node(port: int, tag: str, count: int = COUNT, **options: object) -> subprocess.CompletedProcess[str]:
    folder = npm.package("@fluent-org/logger", NODE_VERSION)
    return subprocess.run(
        ["node", str(SCRIPT), str(port), tag, str(count), json.dumps(options)],
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "NODE_PATH": str(folder / "node_modules")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


MODES = ("Message", "Forward", "PackedForward", "CompressedPackedForward")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("acknowledged", [False, True], ids=["", "ack"])
def test_fluent_logger_for_node(ports, sent, mode, acknowledged):
    tag = new_tag()
    options = {"ack": {"ackTimeout": 5000}} if acknowledged else {}
    done = node(ports["fluent/tcp"], tag, eventMode=mode, **options)
    assert done.returncode == 0, done.stderr
    lines = sent(f"{tag}.orders")
    assert lines[0].attributes["order_shop"] == "caf\u00e9"
    _record(f"Fluent Forward, {mode}{', acknowledged' if acknowledged else ''}", len(lines))


def test_fluent_logger_over_tls(ports, sent, certificates):
    tag = new_tag()
    tls = {"tls": {"ca": certificates.ca.read_text(), "servername": "localhost"}}
    done = node(ports["fluent/tls"], tag, eventMode="PackedForward", ack={"ackTimeout": 5000}, socket=tls)
    assert done.returncode == 0, done.stderr
    _record("Fluent Forward, PackedForward, acknowledged, TLS", len(sent(f"{tag}.orders")))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server whose senders must know a key and be a user."""
    server = ServerProcess(
        tmp_path_factory.mktemp("guarded") / "data",
        PROLOGUE_FLUENT__LISTEN="127.0.0.1:0",
        PROLOGUE_FLUENT__SHARED_KEY="a long secret",
        PROLOGUE_FLUENT__USERS="web=another secret",
    ).start()
    yield server
    server.stop()


def security(**changes: str) -> dict[str, str]:
    right = {"clientHostname": "node-1", "sharedKey": "a long secret", "username": "web"}
    return {**right, "password": "another secret", **changes}


def fluent_of(server: ServerProcess) -> dict[str, object]:
    [found] = [each for each in server.status()["receivers"] if each["name"] == "fluent/tcp"]
    return found


def test_the_shared_key(guarded):
    port = int(str(fluent_of(guarded)["address"]).rpartition(":")[2])
    done = node(port, "t", eventMode="PackedForward", ack={"ackTimeout": 5000}, security=security())
    assert done.returncode == 0, done.stderr
    wait_until(lambda: fluent_of(guarded)["records"] == COUNT)
    guarded.settle()
    assert guarded.stored_lines() == COUNT
    _record("Fluent Forward, PackedForward, acknowledged, shared key and user", COUNT)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sharedKey": "wrong"}, "shared_key mismatch"),
        ({"password": "wrong"}, "username/password mismatch"),
        ({"username": "nobody"}, "username/password mismatch"),
    ],
)
def test_who_does_not_know_it_is_refused(guarded, change, reason):
    port = int(str(fluent_of(guarded)["address"]).rpartition(":")[2])
    before = fluent_of(guarded)["records"]
    options = {"ack": {"ackTimeout": 300}, "disableRetry": True, "socket": {"timeout": 1000}}
    node(port, "t", count=3, eventMode="Message", security=security(**change), **options)
    wait_until(lambda: reason in str(fluent_of(guarded)["last_error"]))
    assert fluent_of(guarded)["records"] == before


def _record(protocol: str, stored: int) -> None:
    record(
        sender="@fluent-org/logger (Node)",
        version=NODE_VERSION,
        protocol=protocol,
        sent=COUNT,
        stored=stored,
        attributes=ATTRIBUTES,
    )
