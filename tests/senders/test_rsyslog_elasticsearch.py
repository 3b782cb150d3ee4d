"""rsyslog's omelasticsearch, from Debian: bulk requests of a sender that is no official client."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tests.support.matrix import record
from tests.support.server import wait_until

CONFIGURATION = """
global(workDirectory="{folder}")
module(load="imfile")
module(load="omelasticsearch")
template(name="document" type="list") {{
  constant(value="{{")
  property(name="timereported" dateFormat="rfc3339" format="jsonf" outname="@timestamp") constant(value=",")
  property(name="msg" format="jsonf" outname="message") constant(value=",")
  property(name="syslogtag" format="jsonf" outname="tag") constant(value=",")
  constant(value="\\"service.name\\":\\"{run}\\",\\"host.name\\":\\"node-1\\"}}")
}}
input(type="imfile" file="{log}" tag="orders")
action(type="omelasticsearch" server="127.0.0.1" serverport="{port}" usehttps="off" bulkmode="on"
       searchIndex="logs-rsyslog" searchType="" template="document" errorFile="{folder}/errors")
"""


def test_omelasticsearch(prologue_server, stored, tmp_path: Path):
    run, log = f"run-{time.time_ns()}", tmp_path / "orders.log"
    log.write_text("".join(f'order {number} "placed"\n' for number in range(500)))
    configuration = tmp_path / "rsyslog.conf"
    configuration.write_text(
        CONFIGURATION.format(folder=tmp_path, log=log, run=run, port=prologue_server.url.rpartition(":")[2])
    )
    process = subprocess.Popen(
        ["rsyslogd", "-n", "-f", str(configuration), "-i", str(tmp_path / "pid")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        wait_until(lambda: len(stored(f'{{service_name="{run}"}}')) >= 500 or process.poll() is not None)
    finally:
        process.terminate()
        _, complaints = process.communicate(timeout=30)
    assert not (tmp_path / "errors").exists(), (tmp_path / "errors").read_text()
    lines = stored(f'{{service_name="{run}"}}')
    assert sorted(line.body for line in lines) == sorted(
        f'order {number} "placed"' for number in range(500)
    ), complaints
    assert lines[0].labels.items() >= {"_index": "logs-rsyslog", "host_name": "node-1"}.items()
    version = subprocess.run(["rsyslogd", "-v"], capture_output=True, text=True, check=True).stdout.split()[1]
    record(
        sender="rsyslog omelasticsearch",
        version=version,
        protocol="Elasticsearch _bulk",
        sent=500,
        stored=len(lines),
        attributes=set(lines[0].attributes) | set(lines[0].labels),
    )
