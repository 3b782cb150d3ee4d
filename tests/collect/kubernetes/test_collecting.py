"""A node's pods as files on disk, with what the API says of them: labels, skipped pods, files in volumes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from prologue.collect.kubernetes.pods import PODS
from tests.support.kubernetes import a_pod

Eventually = Callable[..., None]
T = "2026-01-02T03:04:05.000000006Z"


def log_of(machine: Any, uid: str = "u1", container: str = "app", name: str = "cart-7d9c6b5f4-x2x4z") -> Path:
    folder = machine.root / f"var/log/pods/shop_{name}_{uid}/{container}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "0.log"


def lines(*texts: str) -> str:
    return "".join(f"{T} stdout F {text}\n" for text in texts)


def labels(machine: Any) -> list[dict[str, str]]:
    return [dict(payload.labels) for payload in machine.sink.payloads]


def test_lines_have_what_the_api_says(machine: Any, api: Any, settings: Any, eventually: Eventually) -> None:
    api.items[PODS] = [a_pod()]
    log_of(machine).write_text(lines("hello"))
    machine.start(kubernetes=settings)
    eventually(lambda: machine.sink.payloads)
    (found,) = labels(machine)
    assert (found["workload"], found["image_tag"], found["node"], found["service_name"]) == (
        "cart",
        "1.4",
        "n1",
        "cart",
    )
    assert machine.status("0.log").service_from == "label app.kubernetes.io/name"


def test_the_first_line_of_a_new_pod_waits_for_its_labels(
    machine: Any, api: Any, settings: Any, eventually: Eventually
) -> None:
    machine.start(kubernetes=replace(settings, patience_s=20.0))
    eventually(lambda: api.watchers(PODS))
    log_of(machine).write_text(lines("early"))
    eventually(lambda: any(s.name.endswith("0.log") for s in machine.collector.status()))
    assert not machine.sink.payloads
    api.change(PODS, "ADDED", a_pod())
    eventually(lambda: machine.sink.payloads)
    assert labels(machine)[0]["workload"] == "cart"


def test_a_pod_that_lives_for_a_moment_loses_nothing(
    machine: Any, api: Any, settings: Any, eventually: Eventually
) -> None:
    """Its folder is gone before the API has said a word: what the path says must do."""
    machine.start(kubernetes=replace(settings, patience_s=0.5), deleted_wait_s=0.2, rescan_s=0.2)
    eventually(lambda: api.watchers(PODS))
    log = log_of(machine)
    with log.open("w") as file:
        file.write(lines("one"))
        file.flush()
        eventually(lambda: any(s.name.endswith("0.log") for s in machine.collector.status()))
        file.write(lines("two"))
    shutil.rmtree(log.parents[1])
    eventually(lambda: machine.sink.bytes_of().count(b"\n") == 2)
    assert labels(machine)[0]["service_name"] == "app"
    assert machine.collector.totals().lost_bytes == 0


def test_an_api_that_is_away_holds_lines_up_for_its_patience_only(
    machine: Any, settings: Any, eventually: Eventually
) -> None:
    log_of(machine).write_text(lines("hello"))
    machine.start(kubernetes=replace(settings, url="http://127.0.0.1:9", patience_s=0.1))
    eventually(lambda: machine.sink.payloads)
    assert labels(machine)[0]["pod"] == "cart-7d9c6b5f4-x2x4z"
    assert any("cannot be reached" in problem for problem in machine.collector.problems())


def test_skipped_pods_are_left_alone_and_can_come_back(
    machine: Any, api: Any, settings: Any, eventually: Eventually
) -> None:
    api.items[PODS] = [a_pod(skip="true"), a_pod("other-0", "u2")]
    log_of(machine).write_text(lines("not this"))
    log_of(machine, "u2", name="other-0").write_text(lines("this"))
    machine.start(kubernetes=settings)
    eventually(lambda: machine.sink.payloads)
    assert b"not this" not in machine.sink.bytes_of()
    eventually(lambda: api.watchers(PODS))
    api.change(PODS, "MODIFIED", a_pod())
    eventually(lambda: b"not this" in machine.sink.bytes_of())
    api.change(PODS, "MODIFIED", a_pod(skip="true"))
    eventually(lambda: not any(s.name.endswith("u1/app/0.log") for s in machine.collector.status()))
    with log_of(machine).open("a") as file:
        file.write(lines("hidden"))
    with log_of(machine, "u2", name="other-0").open("a") as file:
        file.write(lines("shown"))
    eventually(lambda: b"shown" in machine.sink.bytes_of())
    assert b"hidden" not in machine.sink.bytes_of()


def test_files_in_a_volume_that_an_annotation_names(
    machine: Any, api: Any, settings: Any, eventually: Eventually
) -> None:
    api.items[PODS] = [a_pod(files="/var/log/app/*.log")]
    folder = machine.root / "var/lib/kubelet/pods/u1/volumes/kubernetes.io~empty-dir/logs"
    folder.mkdir(parents=True)
    (folder / "audit.log").write_text("inside\n")
    machine.start(kubernetes=settings)
    eventually(lambda: machine.sink.payloads)
    (found,) = labels(machine)
    assert machine.sink.bytes_of() == b"inside\n"
    assert (found["source"], found["container"], found["service_name"]) == ("pod_file", "app", "cart")
    assert machine.sink.payloads[0].params["timestamp"] == "detect"
    api.change(PODS, "MODIFIED", a_pod(files="/var/log/app/*.txt"))
    (folder / "more.txt").write_text("later\n")
    eventually(lambda: b"later\n" in machine.sink.bytes_of())
