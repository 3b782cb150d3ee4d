"""A real Apache Kafka broker (KRaft, one node), started from the jars that tools/test-tools.sh fetched."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from tests.support.ports import free_port
from tests.support.server import wait_until

_POM = Path(__file__).parents[2] / "tools" / "kafka" / "pom.xml"
VERSION = re.findall(r"<version>([\d.]+)</version>", _POM.read_text())[-1]
_JARS = Path.home() / ".cache" / "prologue-tests" / f"kafka-{VERSION}"

_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/logs
offsets.topic.replication.factor=1
offsets.topic.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
"""

_LOG = """
Configuration:
  Appenders: {Console: {name: out, PatternLayout: {pattern: "%d %p %m (%c)%n"}}}
  Loggers: {Root: {level: warn, AppenderRef: {ref: out}}}
"""


class Broker:
    """`start` it, `stop` it, `kill` it; a later start keeps port and data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        ports = [free_port(), free_port()]
        self.address = f"127.0.0.1:{ports[0]}"
        (folder / "log4j2.yaml").write_text(_LOG)
        (folder / "server.properties").write_text(
            _PROPERTIES.format(port=ports[0], controller=ports[1], folder=folder)
        )
        self._process: subprocess.Popen[bytes] | None = None
        done = self._java(
            "kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "--standalone", "-c"
        )
        assert done.wait(60) == 0, (folder / "kafka.log").read_text()

    def _java(self, *arguments: str) -> subprocess.Popen[bytes]:
        java = shutil.which("java")
        assert java is not None, "the Kafka tests need Java: bash tools/test-tools.sh"
        assert _JARS.exists(), "the Kafka tests need its jars: bash tools/test-tools.sh"
        command = [java, "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        command += [f"-Dlog4j2.configurationFile={self._folder}/log4j2.yaml", "-cp", f"{_JARS}/*"]
        with (self._folder / "kafka.log").open("ab") as log:
            return subprocess.Popen(
                [*command, *arguments, str(self._folder / "server.properties")],
                stdout=log,
                stderr=log,
                env={**os.environ, "LC_ALL": "C"},
            )

    def start(self) -> Broker:
        self._process = self._java("kafka.Kafka")

        def listening() -> bool:
            assert self._process is not None
            assert self._process.poll() is None, (self._folder / "kafka.log").read_text()
            host, _, port = self.address.partition(":")
            with socket.socket() as probe:
                return probe.connect_ex((host, int(port))) == 0

        wait_until(listening)
        return self

    def stop(self, signal_number: int = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(signal_number)
            self._process.wait(60)

    def admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.address})

    def create(self, topic: str, partitions: int = 1) -> None:
        """A new topic; waits until the broker has it."""
        admin = self.admin()

        def created() -> bool:
            try:
                admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result()
            except KafkaException as error:
                # A topic that was just deleted may still be there for a moment.
                assert error.args[0].name() == "TOPIC_ALREADY_EXISTS", error
                return False
            return True

        wait_until(created)

    def delete(self, topic: str) -> None:
        admin = self.admin()
        admin.delete_topics([topic])[topic].result()

    def send(
        self,
        topic: str,
        values: Iterable[bytes | None],
        *,
        partition: int = 0,
        key: bytes | None = None,
        timestamp: int = 0,
    ) -> None:
        """Messages in order; returns when the broker has all of them. `timestamp` is Unix ms."""
        producer = Producer({"bootstrap.servers": self.address, "linger.ms": 5, "acks": "all"})
        failures: list[str] = []
        for value in values:
            producer.produce(
                topic,
                value,
                key,
                partition,
                timestamp=timestamp,
                on_delivery=lambda error, _: failures.append(str(error)) if error else None,
            )
            producer.poll(0)
        assert producer.flush(30) == 0
        assert not failures, failures[0]
