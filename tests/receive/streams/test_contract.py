"""The contract of every stream receiver, run over every one."""

from __future__ import annotations

import random
import socket
import ssl
import threading
from pathlib import Path

import msgpack
import pytest

from prologue.model.errors import BufferFull, ConfigError, TemporaryError
from prologue.model.payload import Receipt
from prologue.receive.limits import LimitSettings, RateLimits
from prologue.receive.streams.catalog import STREAMS
from prologue.receive.streams.contract import StreamLimits, Transport
from tests.support.server import wait_until

DOCS = Path(__file__).parents[3] / "docs"


def closed(connection: socket.socket) -> bool:
    """Whether the server has hung up; waits for it."""
    try:
        while data := connection.recv(65536):
            del data
    except ConnectionError:
        return True
    return True


def test_every_message_arrives_however_the_bytes_are_cut(listen, talk):
    wanted = [f"m{n}" for n in range(200)]
    stream = b"".join(talk.message(text) for text in wanted)
    cut = random.Random(7)
    with listen(talk.name) as running, running.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        place = 0
        while place < len(stream):
            size = cut.randint(1, 90)
            connection.sendall(stream[place : place + size])
            place += size
        wait_until(lambda: running.texts(talk) == wanted)
        wait_until(lambda: running.standing.records == 200)
        assert running.standing.connections == 1
    assert sum(payload.records for payload in running.payloads()) == 200


def test_senders_share_batches(listen, talk):
    """Five hundred senders of one line each do not make five hundred payloads."""
    with listen(talk.name, limits=StreamLimits(batch_seconds=0.5)) as running:
        connections = [running.connect() for _ in range(200)]
        for number, connection in enumerate(connections):
            connection.sendall(talk.message(f"m{number}"))
        wait_until(lambda: len(running.texts(talk)) == 200)
        for connection in connections:
            connection.close()
        assert len(running.payloads()) < 50


def test_a_large_batch_does_not_wait(listen, talk):
    with (
        listen(talk.name, limits=StreamLimits(batch_seconds=3600, batch_bytes=2000)) as running,
        running.connect() as connection,
    ):
        connection.sendall(b"".join(talk.message(f"m{n}") for n in range(200)))
        wait_until(lambda: len(running.payloads()) > 0)


def test_a_full_buffer_stops_the_reading_and_loses_nothing(listen, talk):
    limits = StreamLimits(max_held_bytes=200_000, batch_bytes=50_000, batch_seconds=0.02)
    with listen(talk.name, limits=limits) as running, running.connect() as connection:
        running.sink.refusal = BufferFull("full")
        connection.settimeout(0.5)
        wanted: list[str] = []
        with pytest.raises(TimeoutError):
            while len(wanted) < 2_000_000:  # 100 MB: no kernel queue takes that
                text = f"m{len(wanted)}" + "x" * 200
                connection.sendall(talk.message(text))
                wanted.append(text)
        assert not running.payloads()
        assert running.standing.last_error == "full"
        running.sink.refusal = None
        connection.settimeout(30)
        # The message that was cut off by the time-out is made whole by none: it ends the comparison.
        wait_until(lambda: running.texts(talk)[-1:] == wanted[-1:])
        assert running.texts(talk) == wanted
        assert running.standing.dropped == 0


def test_a_failed_append_is_tried_again(listen, talk):
    with listen(talk.name) as running, running.connect() as connection:
        running.sink.failure = TemporaryError("the disk is full")
        connection.sendall(talk.message("one"))
        wait_until(lambda: len(running.payloads()) > 0)
        running.sink.failure = None
        wait_until(lambda: running.standing.records == 1)
        assert set(running.texts(talk)) == {"one"}


def test_what_was_read_is_durable_before_the_server_ends(listen, talk):
    with listen(talk.name, limits=StreamLimits(batch_seconds=3600)) as running:
        with running.connect() as connection:
            connection.sendall(talk.message("last"))
            # The first bytes are read when those of a later connection are.
            with running.connect() as later:
                later.sendall(talk.half)
                wait_until(lambda: running.standing.connections == 2)
            wait_until(lambda: running.standing.connections == 1)
            assert not running.payloads()
            assert running.server.stop(5.0)
        assert "last" in running.texts(talk)


def test_a_stalled_sender_costs_a_socket_and_no_thread(listen, talk):
    with listen(talk.name) as running:
        before = threading.active_count()
        stalled = [running.connect() for _ in range(200)]
        for connection in stalled:
            connection.sendall(talk.half)
        wait_until(lambda: running.standing.connections == 200)
        assert threading.active_count() == before
        with running.connect() as other:
            other.sendall(talk.message("through"))
            wait_until(lambda: "through" in running.texts(talk))
        for connection in stalled:
            connection.close()
        wait_until(lambda: running.standing.connections == 0)


def test_garbage_then_good_input(listen, talk):
    """Garbage is kept or refused, and counted or stored; what comes behind it on the connection is taken."""
    with listen(talk.name) as running, running.connect() as connection:
        connection.sendall(talk.message("before") + talk.garbage + talk.message("after"))
        wait_until(lambda: {"before", "after"} <= set(running.texts(talk)))
        if talk.name == "fluent":
            assert running.standing.errors == 1


def test_random_bytes_never_stop_the_listener(listen, talk):
    noise = random.Random(3)
    with listen(talk.name) as running:
        for _ in range(50):
            with running.connect() as connection:
                connection.sendall(noise.randbytes(noise.randint(1, 5000)))
        with running.connect() as connection:
            connection.sendall(talk.message("still"))
            wait_until(lambda: any(b"still" in bytes(payload.data) for payload in running.payloads()))


def test_too_many_connections_are_turned_away(listen, talk):
    with listen(talk.name, limits=StreamLimits(max_connections=2)) as running:
        kept = [running.connect() for _ in range(2)]
        wait_until(lambda: running.standing.connections == 2)
        with running.connect() as extra:
            assert closed(extra)
        assert "2 connections are open, which is the limit" in running.standing.last_error
        kept[0].sendall(talk.message("fine"))
        wait_until(lambda: running.texts(talk) == ["fine"])
        for connection in kept:
            connection.close()


def test_unfinished_messages_are_bounded(listen, talk):
    """Together: no number of senders of half messages can fill the memory."""
    with listen(talk.name, limits=StreamLimits(max_unfinished_bytes=len(talk.half) * 5)) as running:
        connections = [running.connect() for _ in range(20)]
        for connection in connections:
            connection.sendall(talk.half)
        wait_until(lambda: running.standing.errors >= 15)
        assert "not whole" in running.standing.last_error
        with running.connect() as good:
            good.sendall(talk.message("fine"))
            wait_until(lambda: "fine" in running.texts(talk))
        for connection in connections:
            connection.close()


def test_over_a_rate_the_sender_is_not_read(listen, talk):
    rates = RateLimits(LimitSettings(source_lines=100, burst=0.5))
    with listen(talk.name, rates=rates) as running, running.connect() as connection:
        connection.sendall(b"".join(talk.message(f"m{n}") for n in range(60)))
        wait_until(lambda: len(running.texts(talk)) == 60)
        connection.sendall(b"".join(talk.message(f"n{n}") for n in range(5)))
        wait_until(lambda: len(running.texts(talk)) == 65)
        assert running.standing.dropped == 0


def test_tenants_by_network(listen, talk):
    with (
        listen(
            talk.name, tenant="others", tenants=(("127.0.0.0/8", "local"), ("127.0.0.1/32", "me"))
        ) as running,
        running.connect() as connection,
    ):
        connection.sendall(talk.message("mine"))
        wait_until(lambda: running.texts(talk) == ["mine"])
        assert {payload.tenant for payload in running.payloads()} == {"me"}


def test_time_zones_by_network(listen):
    """Senders of several zones share a listener, and no batch."""
    with (
        listen(
            "syslog", address="[::]:0", zone="Europe/Berlin", zones=(("127.0.0.1", "Asia/Tokyo"),)
        ) as running,
        running.connect() as far,
        socket.create_connection(("::1", running.port)) as near,
    ):
        far.sendall(b"<14>Nov 26 10:00:00 h a: far\n")
        near.sendall(b"<14>Nov 26 10:00:00 h a: near\n")
        wait_until(lambda: len(running.payloads()) == 2)
        zones = {
            payload.params["time_zone"]: bytes(payload.data)[-5:].strip() for payload in running.payloads()
        }
    assert zones == {"Asia/Tokyo": b"far", "Europe/Berlin": b"near"}


def test_too_many_handshakes_are_turned_away(listen, files):
    """Senders that connect to a TLS port and say nothing count as connections."""
    limits = StreamLimits(max_connections=3, handshake_seconds=1.0)
    with listen("syslog", Transport.TLS, tls=files.tls(), limits=limits) as running:
        silent = [running.connect() for _ in range(6)]
        wait_until(lambda: "which is the limit" in running.standing.last_error)
        wait_until(lambda: running.standing.errors == 6)  # three at once, three when their time is over
        context = ssl.create_default_context(cafile=str(files.ca))
        with context.wrap_socket(running.connect(), server_hostname="localhost") as connection:
            connection.sendall(b"<14>1 - h a - - - fine\n")
            wait_until(lambda: len(running.payloads()) == 1)
        for each in silent:
            each.close()


@pytest.mark.parametrize("mutual", [False, True], ids=["one way", "mutual"])
def test_tls(listen, talk, files, mutual):
    context = ssl.create_default_context(cafile=str(files.ca))
    if mutual:
        context.load_cert_chain(files.client)
    with (
        listen(talk.name, Transport.TLS, tls=files.tls(mutual=mutual)) as running,
        context.wrap_socket(running.connect(), server_hostname="localhost") as connection,
    ):
        connection.sendall(talk.message("one"))
        connection.sendall(talk.message("two"))
        wait_until(lambda: running.texts(talk) == ["one", "two"])
        assert running.standing.connections == 1


def test_a_sender_that_reads_nothing_and_closes_loses_nothing(listen, talk, files):
    """Its kernel resets the connection if we have sent it anything, such as a session ticket of TLS 1.3."""
    context = ssl.create_default_context(cafile=str(files.ca))
    wanted = [f"m{n}" + "x" * 200 for n in range(1000)]
    with listen(talk.name, Transport.TLS, tls=files.tls()) as running:
        connection = context.wrap_socket(running.connect(), server_hostname="localhost")
        for text in wanted:
            connection.sendall(talk.message(text))
        connection.close()
        wait_until(lambda: running.standing.connections == 0)
        wait_until(lambda: running.texts(talk) == wanted)


def test_without_a_certificate_mutual_tls_refuses(listen, talk, files):
    context = ssl.create_default_context(cafile=str(files.ca))
    with listen(talk.name, Transport.TLS, tls=files.tls(mutual=True)) as running:
        with pytest.raises((ssl.SSLError, ConnectionError)):  # noqa: SIM117  (the second raises, in TLS 1.3)
            with context.wrap_socket(running.connect(), server_hostname="localhost") as connection:
                for _ in range(100):
                    connection.sendall(talk.message("one"))
                    connection.recv(1)
        wait_until(lambda: "no TLS with 127.0.0.1" in running.standing.last_error)
        assert not running.payloads()


def test_plain_text_on_a_tls_port_is_said(listen, talk, files):
    with listen(talk.name, Transport.TLS, tls=files.tls()) as running:
        with running.connect() as connection:
            connection.sendall(talk.message("plain") * 5)
            assert closed(connection)
        wait_until(lambda: "no TLS with 127.0.0.1" in running.standing.last_error)


def test_a_taken_address_is_an_error_of_configuration(listen, talk):
    with (
        listen(talk.name) as running,
        pytest.raises(ConfigError) as caught,
        listen(talk.name, address=running.server.listening[0][1]),
    ):
        pass
    assert caught.value.key == f"{talk.name}.listen"


def test_a_receipt_is_sent_only_for_what_is_durable(listen):
    """Fluent Forward is the one protocol here that answers."""
    with listen("fluent") as running, running.connect() as connection:
        running.sink.hold = True
        connection.sendall(msgpack.packb(["t", 1, {"message": "m"}, {"chunk": "id-1"}]))
        wait_until(lambda: len(running.payloads()) == 1)
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        connection.settimeout(10)
        running.sink.futures[0].set_result(Receipt(0))
        assert msgpack.unpackb(connection.recv(100)) == {"ack": "id-1"}


@pytest.mark.parametrize("name", ["syslog", "gelf"])
def test_datagrams_that_cannot_be_kept_are_counted(listen, name):
    datagram = {"syslog": b"<14>1 - h a - - - m", "gelf": b'{"short_message":"m"}'}[name]
    limits = StreamLimits(max_held_bytes=1000, batch_bytes=100, batch_seconds=0.02)
    with listen(name, Transport.UDP, limits=limits) as running:
        running.sink.refusal = BufferFull("full")
        sent = 0
        while running.standing.dropped == 0:
            running.datagram(datagram)
            sent += 1
            assert sent < 10_000
        running.sink.refusal = None
        running.datagram(datagram)
        sent += 1
        wait_until(lambda: running.standing.records + running.standing.dropped == sent)
        assert running.standing.records > 0


@pytest.mark.parametrize("name", ["syslog", "gelf"])
def test_datagrams_over_a_rate_are_counted_and_those_under_it_go_on_being_taken(listen, name):
    rates = RateLimits(LimitSettings(source_lines=50, burst=1.0))
    with listen(name, Transport.UDP, rates=rates) as running:
        for _ in range(300):
            running.datagram(b'{"short_message":"m"}')
        wait_until(lambda: running.standing.records + running.standing.dropped == 300)
        assert running.standing.dropped > 100
        taken = running.standing.records
        wait_until(lambda: running.datagram(b'{"short_message":"m"}') or running.standing.records > taken)


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
def test_senders_of_ipv4_keep_their_address_on_a_listener_of_both(listen, transport):
    with listen("syslog", transport, address="[::]:0") as running:
        if transport is Transport.UDP:
            running.datagram(b"<14>m")
        else:
            with running.connect() as connection:
                connection.sendall(b"<14>m\n")
        wait_until(lambda: len(running.payloads()) == 1)
        assert bytes(running.payloads()[0].data) == b"127.0.0.1\t<14>m\n"


@pytest.mark.parametrize("name", ["syslog", "gelf"])
def test_what_the_kernel_drops_is_counted(listen, name, monkeypatch):
    """A queue of a few kilobytes, and a reader that is held up while it overflows."""
    monkeypatch.setattr("prologue.receive.streams.datagrams.ask_for_room", _little_room)
    stop = threading.Event()
    with listen(name, Transport.UDP) as running:
        original = running.sink.append

        def hold_up(payload):
            stop.wait(20)
            return original(payload)

        running.sink.append = hold_up
        running.datagram(b'{"short_message":"m"}')
        threading.Event().wait(0.4)  # until the loop is inside the sink
        sent = 2000
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(sent):
                sender.sendto(b'{"short_message":"m"}', ("127.0.0.1", running.port))
        stop.set()
        wait_until(lambda: running.standing.records + running.standing.dropped == sent + 1)
        assert "kernel" in running.standing.last_error
        assert running.standing.dropped > 0


def _little_room(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)


@pytest.mark.parametrize("kind", STREAMS, ids=lambda kind: kind.name)
def test_every_receiver_is_documented(kind):
    page = (DOCS / "receivers" / f"{kind.name}.md").read_text()
    for transport in kind.transports:
        assert transport.value.upper() in page.upper()
    assert f"receivers/{kind.name}.md" in (DOCS / "receivers" / "README.md").read_text() or (
        f"({kind.name}.md)" in (DOCS / "receivers" / "README.md").read_text()
    )
