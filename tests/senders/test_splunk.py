"""splunk-handler, Splunk's logging handler for Python: many events in one body with nothing between them."""

from __future__ import annotations

import importlib.metadata
import logging
import time

from splunk_handler import SplunkHandler

from tests.support.matrix import record


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
