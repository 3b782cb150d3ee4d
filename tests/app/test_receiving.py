"""The ways in as configured: what settings become, and what is told of wrong ones."""

from __future__ import annotations

import pytest

from prologue.app import receiving
from prologue.config.sections.grpc import Grpc
from prologue.config.sections.kafka import Kafka
from prologue.config.sections.limits import Limits
from prologue.config.settings import Http, Settings
from prologue.model.errors import ConfigError, RateLimited
from prologue.receive.intake import Intake
from prologue.receive.standing import Standings
from tests.receive.conftest import RecordingSink


def test_limits_are_those_of_the_settings():
    limits = Limits(tenant_lines_per_second=5, bytes_per_second_by_tenant={"vip": 0, "small": 1}, burst=1.0)
    intake = receiving.intake_for(Settings(limits=limits), RecordingSink(), Standings())
    intake.limits.charge("a", "", size=1, lines=20)
    intake.limits.charge("small", "", size=20, lines=1)
    with pytest.raises(RateLimited, match="more than 5 lines a second"):
        intake.limits.require("loki", "a", "")
    with pytest.raises(RateLimited, match="more than 1 bytes a second"):
        intake.limits.require("loki", "small", "")


def test_without_limits_nobody_waits():
    intake = receiving.intake_for(Settings(), RecordingSink(), Standings())
    intake.limits.charge("a", "peer", size=10**12, lines=10**9)
    intake.limits.require("loki", "a", "peer")


def test_what_is_off_is_not_started():
    intake = Intake(RecordingSink())
    assert receiving.start_grpc(Settings(grpc=Grpc(listen="")), intake) is None
    assert receiving.start_kafka(Settings(), intake) is None
    assert receiving.http_tls(Settings()) is None


def test_the_grpc_server_is_told_of_with_its_port():
    intake = Intake(RecordingSink())
    server = receiving.start_grpc(Settings(grpc=Grpc(listen="127.0.0.1:0")), intake)
    assert server is not None
    addresses = {standing.name: standing.address for standing in intake.standings.all()}
    assert addresses == dict.fromkeys(("otlp_grpc", "envoy"), f"{server.listening} (grpc)")
    server.stop(0)


def test_a_topic_of_an_unknown_format():
    kafka = Kafka(brokers="127.0.0.1:1", topics={"orders": "avro"})
    with pytest.raises(ConfigError, match="'orders' that it holds 'avro'") as caught:
        receiving.start_kafka(Settings(kafka=kafka), Intake(RecordingSink()))
    assert (caught.value.key, "otlp_json" in caught.value.cure) == ("kafka.topics", True)


def test_tls_files_are_looked_at_before_anything_is_started(tmp_path):
    http = Http(tls_cert=str(tmp_path / "absent"), tls_key=str(tmp_path / "absent"))
    with pytest.raises(ConfigError, match=r"http\.tls_cert"):
        receiving.http_tls(Settings(http=http))
