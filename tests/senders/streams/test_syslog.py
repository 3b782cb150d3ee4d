"""Syslog from the daemons and tools that send it: rsyslog, syslog-ng, logger."""

from __future__ import annotations

import socket
import subprocess
import time

import pytest

from tests.support import daemons
from tests.support.matrix import record
from tests.support.server import wait_until

COUNT = 500
HOST = socket.gethostname()


@pytest.fixture
def sent(prologue_server, stored):
    """Waits for the lines of one run and holds them against what was sent; the first of them."""

    def check(app: str, count: int = COUNT):
        def lines():
            return stored(f'{{service_name="{app}"}}')

        wait_until(lambda: len(lines()) >= count)
        found = lines()
        assert sorted(line.body for line in found) == sorted(f"order {n} placed" for n in range(count))
        return found

    return check


def app_name(protocol: str) -> str:
    return f"{protocol}{time.time_ns() % 10**9}"


def messages(app: str) -> list[str]:
    stamp = time.strftime("%b %e %H:%M:%S")
    return [f"<30>{stamp} {app}[{100 + n}]: order {n} placed" for n in range(COUNT)]


def test_the_greeting_tells_where_it_listens(prologue_server, addresses):
    for name in ("syslog/udp", "syslog/unix", "fluent/tcp", "gelf/tls"):
        assert f"{name} {addresses[name]}" in prologue_server.greeting


FORWARDING = {
    "RFC 3164, UDP": 'protocol="udp" Template="RSYSLOG_TraditionalForwardFormat"',
    "RFC 3164 with ISO time, TCP, line feeds": 'protocol="tcp" Template="RSYSLOG_ForwardFormat"',
    "RFC 5424, UDP": 'protocol="udp" Template="RSYSLOG_SyslogProtocol23Format"',
    "RFC 5424, TCP, octet counting": (
        'protocol="tcp" TCP_Framing="octet-counted" Template="RSYSLOG_SyslogProtocol23Format"'
    ),
}


@pytest.mark.parametrize("protocol", FORWARDING)
def test_rsyslog(tmp_path, ports, sent, protocol):
    app = app_name("rsyslog")
    port = ports["syslog/udp" if "UDP" in protocol else "syslog/tcp"]
    action = f'*.* action(type="omfwd" target="127.0.0.1" port="{port}" {FORWARDING[protocol]})'
    with daemons.rsyslog(tmp_path, action) as path:
        daemons.write(path, messages(app))
        lines = sent(app)
    first = next(line for line in lines if line.body == "order 0 placed")
    assert (first.labels["host"], first.attributes["procid"]) == (HOST, "100")
    assert (first.attributes["facility"], first.attributes["detected_level"]) == ("daemon", "info")
    assert abs(first.time / 1e9 - time.time()) < 120
    _record("rsyslog", daemons.version("rsyslogd", "-v"), f"syslog {protocol}", len(lines))


def test_rsyslog_over_mutual_tls(tmp_path, ports, sent, certificates):
    app = app_name("rsyslogtls")
    action = f"""
global(DefaultNetstreamDriverCAFile="{certificates.ca}"
       DefaultNetstreamDriverCertFile="{certificates.client_cert}"
       DefaultNetstreamDriverKeyFile="{certificates.client_key}")
*.* action(type="omfwd" target="127.0.0.1" port="{ports["syslog/tls"]}"
           protocol="tcp" TCP_Framing="octet-counted" Template="RSYSLOG_SyslogProtocol23Format"
           StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name"
           StreamDriverPermittedPeers="localhost")"""
    with daemons.rsyslog(tmp_path, action) as path:
        daemons.write(path, messages(app))
        lines = sent(app)
    _record(
        "rsyslog", daemons.version("rsyslogd", "-v"), "syslog RFC 5424, mutual TLS (RFC 5425)", len(lines)
    )


DESTINATIONS = {
    "RFC 5424, TCP, octet counting": 'syslog("127.0.0.1" port({tcp}) transport("tcp"));',
    "RFC 5424, UDP": 'syslog("127.0.0.1" port({udp}) transport("udp"));',
    "RFC 3164, TCP, line feeds": 'network("127.0.0.1" port({tcp}) transport("tcp"));',
    "RFC 3164, UDP": 'network("127.0.0.1" port({udp}) transport("udp"));',
    "RFC 5424, mutual TLS (RFC 5425)": (
        'syslog("127.0.0.1" port({tls}) transport("tls")'
        ' tls(ca-file("{ca}") cert-file("{cert}") key-file("{key}")));'
    ),
}


@pytest.mark.parametrize("protocol", DESTINATIONS)
def test_syslog_ng(tmp_path, ports, sent, certificates, protocol):
    app = app_name("syslogng")
    destination = DESTINATIONS[protocol].format(
        tcp=ports["syslog/tcp"],
        udp=ports["syslog/udp"],
        tls=ports["syslog/tls"],
        ca=certificates.ca,
        cert=certificates.client_cert,
        key=certificates.client_key,
    )
    with daemons.syslog_ng(tmp_path, destination) as path:
        daemons.write(path, messages(app))
        lines = sent(app)
    first = next(line for line in lines if line.body == "order 0 placed")
    assert (first.labels["host"], first.attributes["procid"]) == (HOST, "100")
    assert first.attributes["facility"] == "daemon"
    _record("syslog-ng", daemons.syslog_ng_version(), f"syslog {protocol}", len(lines))


OPTIONS = {
    "RFC 5424 with structured data, UDP": ("--udp", "--rfc5424"),
    "RFC 5424 with structured data, TCP, octet counting": ("--tcp", "--octet-count", "--rfc5424"),
    "RFC 5424 with structured data, TCP, line feeds": ("--tcp", "--rfc5424"),
    "RFC 3164, UDP": ("--udp", "--rfc3164"),
}
DATA = ("--sd-id", "order@4711", "--sd-param", 'shop="caf\u00e9 \\"one\\""', "--sd-param", 'item="a\\]b"')


@pytest.mark.parametrize("protocol", OPTIONS)
def test_logger(tmp_path, ports, sent, protocol):
    app = app_name("logger")
    port = ports["syslog/tcp" if "TCP" in protocol else "syslog/udp"]
    data = ("--msgid", "ORDER", *DATA) if "5424" in protocol else ()
    send(tmp_path, app, "--server", "127.0.0.1", "--port", str(port), *OPTIONS[protocol], *data)
    lines = sent(app)
    assert lines[0].labels["host"] == HOST.partition(".")[0]
    assert lines[0].attributes["facility"] == "local3"
    assert lines[0].attributes["network_peer_address"] == "127.0.0.1"
    attributes = ["host", "service_name", "facility", "severity", "network_peer_address"]
    if data:
        assert lines[0].attributes["order_4711_shop"] == 'caf\u00e9 "one"'
        assert lines[0].attributes["order_4711_item"] == "a]b"
        assert lines[0].attributes["msgid"] == "ORDER"
        attributes += ["msgid", "order_4711_item", "order_4711_shop", "timeQuality_tzKnown"]
    record(
        sender="logger (util-linux)",
        version=daemons.version("logger", "--version"),
        protocol=f"syslog {protocol}",
        sent=COUNT,
        stored=len(lines),
        attributes=attributes,
    )


def test_logger_to_the_local_socket(tmp_path, addresses, sent):
    app = app_name("local")
    send(tmp_path, app, "--socket", addresses["syslog/unix"])
    lines = sent(app)
    assert lines[0].labels["host"] == HOST
    assert "network_peer_address" not in lines[0].attributes
    record(
        sender="logger (util-linux)",
        version=daemons.version("logger", "--version"),
        protocol="syslog local socket",
        sent=COUNT,
        stored=len(lines),
        attributes=["host", "service_name", "facility", "severity"],
    )


def send(tmp_path, app: str, *options: str) -> None:
    lines = tmp_path / "lines"
    lines.write_text("".join(f"order {n} placed\n" for n in range(COUNT)))
    command = ["logger", "--tag", app, "--priority", "local3.warning", "--file", str(lines), *options]
    subprocess.run(command, check=True, timeout=60)


def _record(sender: str, version: str, protocol: str, stored: int) -> None:
    record(
        sender=sender,
        version=version,
        protocol=protocol,
        sent=COUNT,
        stored=stored,
        attributes=["host", "service_name", "facility", "severity", "procid", "network_peer_address"],
    )
