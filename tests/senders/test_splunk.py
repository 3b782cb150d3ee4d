"""splunk-handler, Splunk's logging handler for Python: many events in one body with nothing between them."""

from __future__ import annotations

import importlib.metadata
import logging
import time

import pytest
from splunk_handler import SplunkHandler

from tests.support import docker_logs
from tests.support.matrix import record
from tests.support.server import wait_until


def test_splunk_handler(prologue_server, stored):
    host, _, port = prologue_server.url.removeprefix("http://").partition(":")
    run = f"run-{time.time_ns()}"
    handler = SplunkHandler(
        host=host,
        port=port,
        token="any",
        index="main",
        protocol="http",
        verify=False,
        hostname="n1",
        source=run,
        sourcetype="shop",
        flush_interval=0.2,
    )
    logger = logging.Logger(run)
    logger.addHandler(handler)
    for number in range(1000):
        logger.warning('order %d {"a"}{"b"} placed', number)
    handler.force_flush()
    handler.shutdown()
    lines = stored(f'{{sourcetype="shop", source="{run}"}}')
    assert {line.body for line in lines} == {
        f'order {number} {{"a"}}{{"b"}} placed' for number in range(1000)
    }
    assert lines[0].labels.items() >= {"host": "n1", "index": "main", "source": run}.items()
    assert abs(lines[0].time - time.time_ns()) < 120e9
    record(
        sender="splunk-handler",
        version=importlib.metadata.version("splunk-handler"),
        protocol="Splunk HEC, event",
        sent=1000,
        stored=len(lines),
        attributes=set(lines[0].attributes) | set(lines[0].labels),
    )


@pytest.mark.parametrize("form", ["inline", "json", "raw"])
def test_dockers_splunk_driver(prologue_server, stored, form):
    """It asks with OPTIONS whether it may log here, and sends its events with nothing between them."""
    run = f"run-{time.time_ns()}"
    docker_logs.write(
        "splunk",
        500,
        name="web",
        splunk_url=prologue_server.url,
        splunk_token="any",
        splunk_format=form,
        splunk_source=run,
        splunk_sourcetype="docker",
        splunk_gzip="true" if form == "json" else "false",
        tag="{{.Name}}",
        labels="team",
    )
    wait_until(lambda: len(stored(f'{{source="{run}"}}')) >= 500)
    lines = stored(f'{{source="{run}", sourcetype="docker"}}')
    written = {line.body.removeprefix("web team=web ") for line in lines}
    assert written == {f"order {number} placed" for number in range(500)}
    if form != "raw":
        assert {line.attributes["event_source"] for line in lines} == {"stdout", "stderr"}
        assert lines[0].attributes["tag"] == "web"
        assert lines[0].attributes["attrs_team"] == "web"
    record(
        sender="Docker's splunk driver",
        version=docker_logs.VERSION,
        protocol=f"Splunk HEC, event, {form}",
        sent=500,
        stored=len(lines),
        attributes=set(lines[0].attributes) | set(lines[0].labels),
    )
