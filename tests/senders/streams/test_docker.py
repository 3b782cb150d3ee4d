"""Docker's gelf, fluentd and syslog drivers, as they are in Docker's engine."""

from __future__ import annotations

import time

import pytest

from tests.support import docker_logs
from tests.support.matrix import record
from tests.support.server import wait_until

COUNT = 500


@pytest.fixture
def sent(stored):
    """Waits for what a container logged and holds it against what was sent; the first line of it."""

    def check(driver: str, protocol: str, selector: str):
        def lines():
            return stored(selector)

        wait_until(lambda: len(lines()) >= COUNT)
        found = lines()
        assert sorted(line.body for line in found) == sorted(f"order {n} placed" for n in range(COUNT))
        first = next(line for line in found if line.body == "order 0 placed")
        assert abs(first.time / 1e9 - time.time()) < 120
        ours = {"detected_level", "severity_number", "severity_text"}
        record(
            sender=f"Docker's {driver} driver",
            version=docker_logs.VERSION,
            protocol=protocol,
            sent=COUNT,
            stored=len(found),
            attributes=[*first.labels, *(set(first.attributes) - ours)],
        )
        return first

    return check


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_gelf(ports, sent, transport):
    name = f"web{time.time_ns()}"
    address = f"{transport}://127.0.0.1:{ports[f'gelf/{transport}']}"
    docker_logs.write("gelf", COUNT, name=name, gelf_address=address, tag="cart", labels="team", env="STAGE")
    line = sent("gelf", f"GELF {transport.upper()}", f'{{service_name="{name}"}}')
    assert (line.attributes["team"], line.attributes["STAGE"]) == ("web", "prod")
    assert (line.attributes["image_name"], line.attributes["detected_level"]) == ("nginx:1", "info")


def test_fluentd(ports, sent):
    tag = f"docker.{time.time_ns()}"
    address = f"tcp://127.0.0.1:{ports['fluent/tcp']}"
    docker_logs.write("fluentd", COUNT, name="web", fluentd_address=address, tag=tag, labels="team")
    line = sent("fluentd", "Fluent Forward, Message", f'{{fluent_tag="{tag}"}}')
    assert line.labels["service_name"] == "web"
    assert (line.attributes["source"], line.attributes["team"]) == ("stdout", "web")


def test_syslog(ports, sent):
    tag = f"cart{time.time_ns()}"
    address = f"tcp://127.0.0.1:{ports['syslog/tcp']}"
    docker_logs.write(
        "syslog", COUNT, name="web", syslog_address=address, tag=tag, syslog_format="rfc5424micro"
    )
    line = sent("syslog", "syslog RFC 5424, TCP", f'{{service_name="{tag}"}}')
    assert line.attributes["facility"] == "daemon"
