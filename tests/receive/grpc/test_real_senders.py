"""OpenTelemetry's SDK sends over gRPC and HTTP to a real Prologue, and what is stored is asked for."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter
from opentelemetry.sdk.resources import Resource

from tests.support import matrix, npm
from tests.support.loki import Loki
from tests.support.ports import free_port
from tests.support.server import ServerProcess, wait_until

LINES = 2_000
JAVASCRIPT_VERSION = "0.223.1"

SECOND_ADDRESS = f"127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("otlp") / "data"
    running = ServerProcess(
        folder, PROLOGUE_GRPC__LISTEN="127.0.0.1:0", PROLOGUE_RECEIVE__OTLP_HTTP_LISTEN=SECOND_ADDRESS
    ).start()
    yield running
    running.stop()


def over_grpc(server: ServerProcess, tenant: str) -> LogRecordExporter:
    return GrpcExporter(
        endpoint=f"http://{server.grpc_address}", insecure=True, headers={"x-scope-orgid": tenant}
    )


def over_http(server: ServerProcess, tenant: str) -> LogRecordExporter:
    """To the second address, whose default is where the SDK sends by itself."""
    return HttpExporter(endpoint=f"http://{SECOND_ADDRESS}/v1/logs", headers={"X-Scope-OrgID": tenant})


def send(exporter: LogRecordExporter) -> None:
    """Lines through the standard library's logging, as an application writes them."""
    resource = Resource.create({"service.name": "shop", "service.version": "1.2", "host.name": "n1"})
    provider = LoggerProvider(resource=resource)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter, max_queue_size=2 * LINES))
    logger = logging.getLogger("prologue.test.senders")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    handler = LoggingHandler(logger_provider=provider)
    logger.addHandler(handler)
    try:
        for number in range(LINES):
            logger.warning(
                "order %d is late", number, extra={"order": number, "tags": ["a", "b"], "vip": True}
            )
    finally:
        logger.removeHandler(handler)
        provider.shutdown()


@pytest.mark.parametrize(
    ("tenant", "protocol", "exporter", "package"),
    [
        ("sdk-grpc", "OTLP/gRPC", over_grpc, "opentelemetry-exporter-otlp-proto-grpc"),
        ("sdk-http", "OTLP/HTTP protobuf", over_http, "opentelemetry-exporter-otlp-proto-http"),
    ],
)
def test_the_sdk_s_lines_are_stored_with_their_attributes(server, tenant, protocol, exporter, package):
    send(exporter(server, tenant))
    loki = Loki(server, tenant)
    wait_until(lambda: loki.stored_lines() >= LINES)
    answer = loki.get("query_range", query='{service_name="shop"} |= "order 7 is late"')
    (stream,) = answer["data"]["result"]
    expected = {
        "order": "7",
        "tags": '["a","b"]',
        "vip": "true",
        "host_name": "n1",
        "service_version": "1.2",
        "scope_name": "prologue.test.senders",
        "detected_level": "warn",
        "code_function_name": "send",
    }
    assert expected.items() <= stream["stream"].items()
    assert loki.stored_lines() == LINES
    matrix.record(
        sender="OpenTelemetry SDK for Python, logging handler",
        version=version(package),
        protocol=protocol,
        sent=LINES,
        stored=loki.stored_lines(),
        attributes=expected.keys() - {"detected_level"},
    )


JAVASCRIPT = {
    "-otlp-grpc": ("OTLP/gRPC, gzip", "http://{grpc}"),
    "-otlp-proto": ("OTLP/HTTP protobuf, gzip", "{http}/v1/logs"),
    "-otlp-http": ("OTLP/HTTP JSON, gzip", "{http}/v1/logs"),
}


@pytest.mark.parametrize("exporter", JAVASCRIPT)
def test_the_sdk_for_javascript(server, exporter):
    protocol, target = JAVASCRIPT[exporter]
    folder = npm.package(f"@opentelemetry/exporter-logs{exporter}", JAVASCRIPT_VERSION)
    tenant, count = f"js{exporter}", 100
    url = target.format(grpc=server.grpc_address, http=server.url)
    done = subprocess.run(
        ["node", str(Path(__file__).parent / "otlp_exporter.js"), exporter, url, tenant, str(count)],
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "NODE_PATH": str(folder / "node_modules")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loki = Loki(server, tenant)
    wait_until(lambda: loki.stored_lines() >= count)
    answer = loki.get("query_range", query='{service_name="js"} |= "order 7 from café"')
    (stream,) = answer["data"]["result"]
    expected = {
        "order": "7",
        "vip": "true",
        "share": "0.5",
        "tags": '["a","b"]',
        "cart_id": "c1",
        "host_name": "n1",
        "scope_name": "shop.cart",
        "detected_level": "warn",
    }
    assert expected.items() <= stream["stream"].items()
    matrix.record(
        sender="OpenTelemetry SDK for JavaScript",
        version=JAVASCRIPT_VERSION,
        protocol=protocol,
        sent=count,
        stored=loki.stored_lines(),
        attributes=expected.keys() - {"detected_level"},
    )
