"""A real agent and a real server: lines cross once, through kills of both, and both tell how it goes."""

from __future__ import annotations

import random
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.support.agent import AgentProcess
from tests.support.server import ServerProcess, wait_until
from tests.support.stored import stored_bodies

QUICK = {
    "PROLOGUE_COLLECT__RESCAN": "200ms",
    "PROLOGUE_AGENT__BATCH_WAIT": "20ms",
    "PROLOGUE_AGENT__MAX_BACKOFF": "300ms",
}


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "var/log").mkdir(parents=True)
    return root


def numbered(start: int, count: int, name: str = "id") -> str:
    return "".join(f"{name}={number:08d}\n" for number in range(start, start + count))


def test_lines_cross_and_the_agent_tells_how_it_goes(machine: Path, tmp_path: Path, prologue_server) -> None:
    before = prologue_server.stored_lines()
    (machine / "var/log/shop").mkdir()
    log = machine / "var/log/shop/cart.log"
    log.write_text(numbered(0, 1000, "crossing"))
    agent = AgentProcess(machine, tmp_path / "agent", prologue_server.url, **QUICK).start()
    try:
        wait_until(lambda: prologue_server.stored_lines() == before + 1000)
        (source,) = agent.status()["sources"]
        assert source["name"] == str(log)
        assert (source["service"], source["service_from"]) == ("shop", "folder")
        assert (source["lines"], source["lag_bytes"], source["acked_bytes"]) == (1000, 0, log.stat().st_size)
        assert "prologue_ship_payloads 1.0" in httpx.get(f"{agent.url}/metrics").text
        page = httpx.get(agent.url).text
        assert "shop (folder)" in page
        assert httpx.get(f"{agent.url}/ready").status_code == 200
        assert httpx.get(f"{agent.url}/other").status_code == 404
        told = subprocess.run(
            [sys.executable, "-m", "prologue", "agent", "--listen", agent.url[7:], "status"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        assert str(log) in told
        assert "shop (folder)" in told
    finally:
        assert agent.stop() == 0
    prologue_server.settle()
    question = {"query": 'sum(count_over_time({service_name="shop"} |= "crossing" [1h]))'}
    found = httpx.get(f"{prologue_server.url}/loki/api/v1/query", params=question).json()
    assert found["data"]["result"][0]["value"][1] == "1000"


def test_a_second_agent_on_the_same_folder_is_refused(machine: Path, tmp_path: Path, prologue_server) -> None:
    agent = AgentProcess(machine, tmp_path / "agent", prologue_server.url).start()
    try:
        second = subprocess.run(
            [sys.executable, "-m", "prologue", "agent", "--data-dir", str(tmp_path / "agent")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        agent.stop()
    assert second.returncode == 2
    assert "in use by process" in second.stderr


def test_two_machines_with_the_same_files_do_not_meet(tmp_path: Path, prologue_server) -> None:
    """Hard links: device, inode and content are the same, and still all of both is stored."""
    before = prologue_server.stored_lines()
    agents = []
    for name in ("one", "two"):
        root = tmp_path / name
        (root / "var/log").mkdir(parents=True)
        if name == "one":
            (root / "var/log/a.log").write_text(numbered(0, 500, "twin"))
        else:
            (root / "var/log/a.log").hardlink_to(tmp_path / "one/var/log/a.log")
        agents.append(AgentProcess(root, tmp_path / f"data-{name}", prologue_server.url, **QUICK).start())
    try:
        wait_until(lambda: prologue_server.stored_lines() >= before + 1000)
    finally:
        codes = [agent.stop() for agent in agents]
    assert codes == [0, 0]
    prologue_server.settle()
    assert prologue_server.stored_lines() == before + 1000


@pytest.mark.parametrize("protocol", ["otlp", "loki"])
def test_framings_are_unwrapped_for_other_protocols(
    machine: Path, tmp_path: Path, prologue_server, protocol: str
) -> None:
    """Pods and text cross by OTLP and Loki push, and arrive as a Prologue agent's would."""
    folder = machine / f"var/log/pods/ns_{protocol}pod_0a/{protocol}app"
    folder.mkdir(parents=True)
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000000001Z", time.gmtime())
    (folder / "0.log").write_text(f"{now} stdout P cut \n{now} stderr F oops\n{now} stdout F in two\n")
    settings = QUICK | {"PROLOGUE_AGENT__PROTOCOL": protocol}
    agent = AgentProcess(machine, tmp_path / "agent", prologue_server.url, **settings).start()
    selector = f'{{service_name="{protocol}app"}}'
    question = {"query": selector, "since": "1h"}

    def found() -> dict[str, dict[str, str]]:
        answer = httpx.get(f"{prologue_server.url}/loki/api/v1/query_range", params=question).json()
        return {value[1]: s["stream"] for s in answer["data"]["result"] for value in s["values"]}

    try:
        wait_until(lambda: len(found()) == 2)
    finally:
        assert agent.stop() == 0
    lines = found()
    assert set(lines) == {"cut in two", "oops"}
    stream = "log_iostream" if protocol == "otlp" else "stream"
    assert lines["oops"][stream] == "stderr"
    pod = "k8s_pod_name" if protocol == "otlp" else "pod"
    assert lines["oops"][pod] == f"{protocol}pod"


def kill_both_and_judge(machine: Path, folder: Path, kills: int, seed: int) -> Counter[str]:
    """Write, rotate and kill at random; then every line exactly once. Answers the verdict."""
    dice = random.Random(seed)
    logs = machine / "var/log"
    server = ServerProcess(folder / "data", PROLOGUE_BUFFER__SEAL_AFTER="50ms").start()
    agent = AgentProcess(machine, folder / "agent", server.url, **QUICK).start()
    written = dict.fromkeys(("a", "b", "c"), 0)

    def write() -> None:
        for name in written:
            with (logs / f"{name}.log").open("a") as log:
                for _ in range(dice.randrange(300)):
                    log.write(f"{name}={written[name]:08d}\n")
                    written[name] += 1

    try:
        for turn in range(kills):
            write()
            if dice.random() < 0.5:
                victim = dice.choice([*written])
                (logs / f"{victim}.log").rename(logs / f"{victim}.log.{turn + 1}")
                write()
            time.sleep(dice.random() * 0.4)  # the instant of the kill is the point of the test
            if dice.random() < 0.6:
                agent.kill()
                write()
                agent.start()
            if dice.random() < 0.4:
                server.kill()
                write()
                server.start()
        total = sum(written.values())
        wait_until(lambda: server.stored_lines() >= total)
        assert agent.stop() == 0
    finally:
        agent.kill()
        code = server.stop()
    assert code == 0
    stored = stored_bodies(server.data_dir)
    wanted = {f"{name}={number:08d}" for name, count in written.items() for number in range(count)}
    return Counter(
        written=total,
        stored=stored.total(),
        lost=len(wanted - stored.keys()),
        duplicated=sum(1 for count in stored.values() if count > 1),
        invented=len(stored.keys() - wanted),
    )


def judge(verdict: Counter[str]) -> None:
    print(dict(verdict))
    assert verdict["written"] > 1000
    assert (verdict["lost"], verdict["duplicated"], verdict["invented"]) == (0, 0, 0)


def test_kills_of_both_lose_and_repeat_nothing(machine: Path, tmp_path: Path) -> None:
    judge(kill_both_and_judge(machine, tmp_path, kills=5, seed=1))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 6))
def test_many_kills_of_both(machine: Path, tmp_path: Path, seed: int) -> None:
    judge(kill_both_and_judge(machine, tmp_path, kills=60, seed=seed))


def test_syslog_through_the_agent_s_socket(machine: Path, tmp_path: Path, prologue_server) -> None:
    path = tmp_path / "log.sock"
    settings = QUICK | {"PROLOGUE_SYSLOG__UNIX_PATH": str(path)}
    agent = AgentProcess(machine, tmp_path / "agent", prologue_server.url, **settings).start()
    try:
        assert str(path) in agent.greeting
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            for number in range(50):
                sender.sendto(f"<11>Nov 26 01:02:03 cron[7]: local job {number}".encode(), str(path))
        question = {"query": '{service_name="cron"} |= "local job"', "since": "9000h"}

        def found() -> int:
            answer = httpx.get(f"{prologue_server.url}/loki/api/v1/query_range", params=question).json()
            return sum(len(stream["values"]) for stream in answer["data"]["result"])

        wait_until(lambda: found() == 50)
    finally:
        assert agent.stop() == 0
    assert not list((tmp_path / "agent/agent/spool").glob("*"))


def test_syslog_over_its_rate_is_counted(machine: Path, tmp_path: Path, prologue_server) -> None:
    path = tmp_path / "log.sock"
    settings = QUICK | {
        "PROLOGUE_SYSLOG__UNIX_PATH": str(path),
        "PROLOGUE_LIMITS__TENANT_LINES_PER_SECOND": "10",
    }
    agent = AgentProcess(machine, tmp_path / "agent", prologue_server.url, **settings).start()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            for number in range(500):
                sender.sendto(f"<11>Nov 26 01:02:03 chatty[7]: too much {number}".encode(), str(path))

        def dropped() -> float:
            text = httpx.get(f"{agent.url}/metrics", timeout=10).text
            found = re.findall(
                r'^prologue_stream_dropped_total\{.*why="limited"\} (\S+)$', text, re.MULTILINE
            )
            return sum(map(float, found))

        wait_until(lambda: dropped() > 0)
    finally:
        assert agent.stop() == 0


HEAVY = ("pyarrow", "numpy", "chdb", "clickhouse_connect", "starlette", "uvicorn", "grpc", "google.protobuf")


def test_an_agent_of_files_imports_nothing_heavy() -> None:
    code = (
        "import sys, prologue.app.agent.run, prologue.ship.catalog, prologue.cli.commands.agent\n"
        "print(*[name for name in sys.argv[1:] if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
