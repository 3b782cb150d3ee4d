"""What a fluent sender was told is durable survives kill -9, as often as it happens."""

from __future__ import annotations

import socket
import threading

import msgpack
import pytest

from tests.support.ports import free_port
from tests.support.server import ServerProcess, wait_until
from tests.support.stored import stored_bodies

ROUNDS = 2


class Sender(threading.Thread):
    """Sends chunk after chunk and remembers which were acknowledged; ends with the connection."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(daemon=True)
        self._connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._name = name
        self.acknowledged: list[str] = []

    def run(self) -> None:
        answers = msgpack.Unpacker()
        number = 0
        try:
            while True:
                chunk = f"{self._name}-{number}"
                events = [[1_700_000_000, {"message": f"{chunk}-{event}"}] for event in range(20)]
                self._connection.sendall(msgpack.packb(["kill", events, {"chunk": chunk}]))
                answers.feed(self._connection.recv(4096))
                for answer in answers:
                    self.acknowledged.append(answer["ack"])
                number += 1
        except OSError:
            return


@pytest.fixture
def server(tmp_path):
    port = free_port()
    running = ServerProcess(tmp_path / "data", PROLOGUE_FLUENT__LISTEN=f"127.0.0.1:{port}")
    yield running, port
    running.stop()


def test_what_was_acknowledged_survives(server, tmp_path):
    running, port = server
    acknowledged: list[str] = []
    for turn in range(ROUNDS):
        running.start()
        senders = [Sender(port, f"s{turn}-{number}") for number in range(3)]
        for sender in senders:
            sender.start()
        wait_until(lambda senders=senders: all(len(sender.acknowledged) >= 5 for sender in senders))
        running.kill()
        for sender in senders:
            sender.join(30)
            acknowledged += sender.acknowledged
    running.start()
    running.settle()
    running.stop()
    stored = stored_bodies(tmp_path / "data")
    missing = [name for name in acknowledged for event in range(20) if stored[f"{name}-{event}"] != 1]
    assert len(acknowledged) >= ROUNDS * 15
    assert not missing
