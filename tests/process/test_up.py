"""`prologue up` on a machine with logs: found, tailed, answered, stopped in order."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.server import ServerProcess, wait_until
from tests.support.stored import stored_bodies


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A root with a plain log, a Docker container and a pod."""
    root = tmp_path / "root"
    files = {
        "var/log/nginx/access.log": "GET / 200\nGET /cart 500\n",
        "var/log/syslog": "Nov  3 04:05:06 host kernel: booted\n",
        "var/log/pods/shop_cart-7d_1a2b/cart/0.log": "2026-11-23T10:00:00.1Z stdout F from a pod\n",
        "var/lib/docker/containers/c0ffee/c0ffee-json.log": (
            '{"log":"from docker\\n","stream":"stdout","time":"2026-11-23T10:00:00.1Z"}\n'
        ),
        "var/lib/docker/containers/c0ffee/config.v2.json": '{"Name":"/web","Config":{"Image":"web:1"}}',
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def collecting(tmp_path: Path, root: Path) -> ServerProcess:
    return ServerProcess(
        tmp_path / "data", PROLOGUE_COLLECT__ENABLED="true", PROLOGUE_COLLECT__ROOT=str(root)
    )


def ask(server: ServerProcess, query: str, since: str = "90d") -> list[tuple[dict[str, str], str]]:
    """Every line of a log query with its stream."""
    answer = httpx.get(
        f"{server.url}/loki/api/v1/query_range",
        params={"query": query, "since": since, "limit": 5000},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    return [
        (stream["stream"], line) for stream in answer.json()["data"]["result"] for _, line in stream["values"]
    ]


def test_a_machine_is_read_and_answers(tmp_path, machine):
    server = collecting(tmp_path, machine).start()
    try:
        assert "1 cri log, 1 docker log, 2 file logs" in server.greeting
        wait_until(lambda: server.stored_lines() == 5)
        assert httpx.get(f"{server.url}/ready").text == "ready\n"
        found = {line: stream for stream, line in ask(server, '{service_name=~".+"}')}
        assert set(found) == {
            "GET / 200",
            "GET /cart 500",
            "Nov  3 04:05:06 host kernel: booted",
            "from a pod",
            "from docker",
        }
        assert found["GET / 200"]["service_name"] == "nginx"
        assert found["from a pod"]["namespace"] == "shop"
        assert found["from docker"]["service_name"] == "web"
    finally:
        assert server.stop() == 0


def test_an_appended_line_is_returned_within_two_seconds(tmp_path, machine):
    """A bar of the product, so it is measured: the median of five, on a machine that does other things."""
    server = collecting(tmp_path, machine).start()
    try:
        wait_until(lambda: server.stored_lines() == 5)
        waits = []
        for number in range(5):
            with (machine / "var/log/nginx/access.log").open("a") as log:
                log.write(f"GET /item/{number} 200\n")
            began = time.monotonic()
            wait_until(lambda wanted=number: ask(server, f'{{service_name="nginx"}} |= "/item/{wanted} "'))
            waits.append(time.monotonic() - began)
        print(f"appended to answered: median {sorted(waits)[2]:.2f} s, worst {max(waits):.2f} s")
        assert len(ask(server, '{service_name="nginx"} |= "/item/"')) == 5
    finally:
        server.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_drains_everything_acknowledged(tmp_path, machine, number):
    server = collecting(tmp_path, machine).start()
    for batch in range(20):
        lines = "\n".join(f"line {batch}-{place}" for place in range(500))
        assert (
            httpx.post(f"{server.url}/insert/lines?service_name=x", content=lines, timeout=30).status_code
            == 204
        )
    assert server.stop(number) == 0
    stored = stored_bodies(server.data_dir)
    assert sum(1 for body in stored if body.startswith("line ")) == 10_000
    assert set(stored.values()) == {1}


def test_collection_goes_on_where_a_kill_broke_it_off(tmp_path, machine):
    log = machine / "var/log/nginx/access.log"
    server = collecting(tmp_path, machine).start()
    for number in range(5):
        with log.open("a") as file:
            file.write("".join(f"round {number} line {place}\n" for place in range(2000)))
        server.kill()
        server.start()
    wait_until(lambda: server.stored_lines() >= 5 + 10_000)
    server.stop()
    stored = stored_bodies(server.data_dir)
    assert len(stored) == 10_005
    assert set(stored.values()) == {1}


def test_an_empty_machine_is_offered_the_demo(tmp_path):
    (tmp_path / "root/var/log").mkdir(parents=True)
    server = collecting(tmp_path, tmp_path / "root").start()
    assert "prologue demo" in server.greeting
    assert server.stop() == 0


def test_a_taken_port_and_a_taken_directory_are_told_with_the_cure(tmp_path):
    server = ServerProcess(tmp_path / "data").start()
    try:
        for listen, data, told in [
            (server.url.removeprefix("http://"), tmp_path / "other", "cannot listen"),
            ("127.0.0.1:0", server.data_dir, "--data-dir"),
        ]:
            done = subprocess.run(
                [".venv/bin/prologue", "up", "--listen", listen, "--data-dir", str(data)],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
                env={**os.environ, "PROLOGUE_GRPC__LISTEN": "", "PROLOGUE_RECEIVE__OTLP_HTTP_LISTEN": ""},
            )
            assert (done.returncode in (1, 2), told in done.stderr) == (True, True), done.stderr
            assert len(done.stderr.strip().splitlines()) == 1
    finally:
        server.stop()


def test_make_run_takes_its_settings_from_environment_and_file(tmp_path):
    config = tmp_path / "prologue.yaml"
    config.write_text("collect:\n  enabled: false\nlog:\n  format: json\n")
    process = subprocess.Popen(
        ["make", "--no-print-directory", "run", f"ARGS=--config {config}"],
        stdout=subprocess.PIPE,
        text=True,
        env={
            "PATH": "/usr/bin:/bin",
            "PROLOGUE_DATA_DIR": str(tmp_path / "data"),
            "PROLOGUE_HTTP__LISTEN": "127.0.0.1:0",
        },
    )
    assert process.stdout is not None
    greeting = []
    for line in process.stdout:
        greeting.append(line)
        if "Ctrl-C" in line:
            break
    try:
        assert str(tmp_path / "data") in "".join(greeting)
        assert "collecting" not in "".join(greeting)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in (0, -signal.SIGTERM)


@contextlib.contextmanager
def taken(port: int) -> Iterator[str]:
    """The address of a port that somebody has. 0: any. Where it is not free for two seconds, it is another
    program's already, which is as good; for a moment a test of `prologue doctor` may have it."""
    with contextlib.ExitStack() as stack:

        def ours() -> bool:
            nonlocal port
            with contextlib.suppress(OSError):
                port = stack.enter_context(socket.create_server(("127.0.0.1", port))).getsockname()[1]
                return True
            return False

        with contextlib.suppress(AssertionError):
            wait_until(ours, 2.0)
        yield f"127.0.0.1:{port}"


def test_a_default_port_that_another_program_has_is_a_warning(tmp_path: Path) -> None:
    server = ServerProcess(
        tmp_path / "data", PROLOGUE_GRPC__LISTEN=None, PROLOGUE_RECEIVE__OTLP_HTTP_LISTEN=None
    )
    with taken(4317), taken(4318):
        server.start()
        try:
            (standing,) = [found for found in server.status()["receivers"] if found["name"] == "otlp_grpc"]
            assert "cannot listen on 127.0.0.1:4317" in standing["last_error"]
            assert "(gRPC)" not in server.greeting
        finally:
            assert server.stop() == 0
    log = server.log.read_text()
    assert "going on without gRPC" in log
    assert "cannot listen on 127.0.0.1:4318" in log


@pytest.mark.parametrize(
    ("key", "port"),
    [
        ("grpc.listen", 0),
        ("receive.otlp_http_listen", 0),
        ("grpc.listen", 4317),
        ("receive.otlp_http_listen", 4318),
    ],
)
def test_a_chosen_port_that_another_program_has_ends_the_start(tmp_path: Path, key: str, port: int) -> None:
    with taken(port) as address:
        variable = "PROLOGUE_" + key.upper().replace(".", "__")
        server = ServerProcess(tmp_path / "data", **{variable: address})
        with pytest.raises(AssertionError, match="did not start"):
            server.start()
    assert f"cannot listen on {address}" in server.log.read_text()
