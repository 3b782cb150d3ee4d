"""Loki clients push to a real server: Python's logging-loki in JSON, winston-loki in protobuf and JSON."""

from __future__ import annotations

import logging
import subprocess
from importlib.metadata import version
from pathlib import Path

import logging_loki
import pytest

from tests.support import matrix, npm

SCRIPT = Path(__file__).parent / "winston_loki.js"
WINSTON_LOKI = "6.1.7"
COUNT = 50


def test_logging_loki(prologue_server, stored):
    handler = logging_loki.LokiHandler(
        url=f"{prologue_server.url}/loki/api/v1/push", tags={"app": "logging-loki"}, version="1"
    )
    handler.emitter.session.headers["X-Scope-OrgID"] = "logging-loki"
    logger = logging.getLogger("prologue.test.loki")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        for number in range(COUNT):
            logger.error("order %d from café", number, extra={"tags": {"order": str(number)}})
    finally:
        logger.removeHandler(handler)
        handler.close()
    lines = stored('{app="logging-loki"}', tenant="logging-loki")
    assert [line.body for line in lines] == [f"order {number} from café" for number in range(COUNT)]
    expected = {"app": "logging-loki", "severity": "error", "logger": "prologue.test.loki", "order": "7"}
    assert expected.items() <= lines[7].labels.items()
    assert lines[7].attributes["detected_level"] == "error"
    matrix.record(
        sender="python-logging-loki",
        version=version("python-logging-loki"),
        protocol="Loki push, JSON",
        sent=COUNT,
        stored=len(lines),
        attributes=expected,
    )


@pytest.mark.parametrize(
    ("form", "protocol"), [("protobuf", "Loki push, protobuf snappy"), ("json", "Loki push, JSON")]
)
def test_winston_loki(prologue_server, stored, form, protocol):
    folder = npm.package("winston-loki", WINSTON_LOKI)
    modules = str(folder / "node_modules")
    tenant = f"winston-{form}"
    done = subprocess.run(
        ["node", str(SCRIPT), prologue_server.url, tenant, str(COUNT), form],
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "NODE_PATH": modules},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = stored('{app="winston"}', tenant=tenant)
    sent = [f"order {n} from café" for n in range(COUNT)]
    assert sorted(line.body.removesuffix(' {"level":"warn"}') for line in lines) == sorted(sent)
    assert {line.attributes["detected_level"] for line in lines} == {"warn"}
    expected = {"app": "winston", "pod": "p-1", "level": "warn"}
    assert expected.items() <= lines[0].labels.items()
    matrix.record(
        sender="winston-loki (Node)",
        version=WINSTON_LOKI,
        protocol=protocol,
        sent=COUNT,
        stored=len(lines),
        attributes=expected,
    )
