"""The manifests: what Kubernetes' own schemas say of them, and the agent run as they run it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from prologue.client import connect
from prologue.collect.journal import JOURNAL_FOLDERS
from prologue.collect.kubernetes.events import EVENTS
from prologue.collect.kubernetes.pods import PODS
from prologue.collect.settings import DEFAULT_PATTERNS
from prologue.config.environment import ENV_PREFIX
from prologue.config.load import load
from tests.support.agent import AgentProcess
from tests.support.kubernetes import ApiServer, a_pod, event
from tests.support.server import ServerProcess, wait_until

FOLDER = Path(__file__).parents[2] / "deploy/kubernetes"
MANIFESTS = sorted(FOLDER.glob("*.yaml"))
# What the cluster puts in the place of a reference to a field of the pod.
FIELDS = {"spec.nodeName": "n1", "status.podIP": "127.0.0.1", "metadata.name": "shop-0"}
RELEASES = ("1.30", "1.37")  # the oldest that is looked at, and the newest that the validator has
WORKLOADS = ("DaemonSet", "Deployment", "StatefulSet")


def documents(path: Path) -> list[dict[str, Any]]:
    return [found for found in yaml.safe_load_all(path.read_text()) if found]


def of_kind(name: str, *kinds: str) -> dict[str, Any]:
    """The one document of the manifest that is of such a kind."""
    (found,) = [found for found in documents(FOLDER / name) if found["kind"] in kinds]
    return found


def container(name: str) -> dict[str, Any]:
    """The container of a manifest that runs our image."""
    pod = of_kind(name, *WORKLOADS)["spec"]["template"]["spec"]
    (found,) = [c for c in [*pod.get("initContainers", ()), *pod["containers"]] if "prologue:" in c["image"]]
    return found


def environment(name: str) -> dict[str, str]:
    """A container's variables as its process has them."""
    found: dict[str, str] = {}
    for entry in container(name)["env"]:
        value = entry["value"] if "value" in entry else FIELDS[entry["valueFrom"]["fieldRef"]["fieldPath"]]
        found[entry["name"]] = re.sub(r"\$\((\w+)\)", lambda match: found[match[1]], value)
    return {key: value for key, value in found.items() if key.startswith(ENV_PREFIX)}


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_kubernetes_takes_it(path: Path, release: str) -> None:
    for document in documents(path):
        kubernetes_validate.validate(document, release, strict=True)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_every_variable_is_a_setting_of_ours(path: Path) -> None:
    values = environment(path.name)
    loaded = load(environ=values)
    assert len(loaded.chosen) == len(values)


@pytest.mark.parametrize(("manifest", "resource"), [("agent.yaml", "pods"), ("events.yaml", "events")])
def test_no_right_is_asked_for_that_is_not_used(manifest: str, resource: str) -> None:
    (rule,) = of_kind(manifest, "ClusterRole")["rules"]
    assert rule == {"apiGroups": [""], "resources": [resource], "verbs": ["get", "list", "watch"]}


def test_everything_that_is_found_by_itself_is_mounted() -> None:
    settings = load(environ=environment("agent.yaml")).settings
    mounts = [Path(mount["mountPath"]) for mount in container("agent.yaml")["volumeMounts"]]
    wanted = [*DEFAULT_PATTERNS, *JOURNAL_FOLDERS, "/var/lib/docker/containers", "/var/lib/kubelet/pods"]
    for place in wanted:
        inside = settings.collect.root / place.lstrip("/")
        assert any(inside.is_relative_to(mount) for mount in mounts), place
    assert settings.data_dir in mounts


def test_the_agent_of_a_node(tmp_path: Path, prologue_server: ServerProcess, api: ApiServer) -> None:
    host = tmp_path / "host"
    folder = host / "var/log/pods/shop_cart-7d9c6b5f4-x2x4z_u1/app"
    folder.mkdir(parents=True)
    (folder / "0.log").write_text("2026-01-02T03:04:05.000000006Z stdout F from the node\n")
    (tmp_path / "token").write_text("t1")
    api.token, api.items[PODS] = "t1", [a_pod()]
    here = {
        "PROLOGUE_COLLECT__ROOT": str(host),
        "PROLOGUE_COLLECT__KUBERNETES__URL": api.url,
        "PROLOGUE_COLLECT__KUBERNETES__TOKEN_FILE": str(tmp_path / "token"),
        "PROLOGUE_COLLECT__KUBERNETES__METADATA": "api",
        "PROLOGUE_COLLECT__KUBERNETES__CA_FILE": "",
    }
    (found,) = shipped(tmp_path, prologue_server, environment("agent.yaml") | here, "from the node")
    assert found["host"] == found["node"] == "n1"
    assert (found["namespace"], found["workload"], found["service_name"]) == ("shop", "cart", "cart")
    assert {query.get("fieldSelector") for path, query in api.requests if path == PODS} == {
        "spec.nodeName=n1"
    }


def test_the_agent_of_a_pod(tmp_path: Path, prologue_server: ServerProcess) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/app.log").write_text("from the pod\n")
    here = {"PROLOGUE_COLLECT__ROOT": str(tmp_path)}
    (found,) = shipped(tmp_path, prologue_server, environment("sidecar.yaml") | here, "from the pod")
    assert (found["service_name"], found["host"]) == ("shop", "shop-0")


def test_the_agent_of_the_cluster_s_events(
    tmp_path: Path,
    prologue_server: ServerProcess,
    api: ApiServer,
) -> None:
    here = {
        "PROLOGUE_COLLECT__ROOT": str(tmp_path / "empty"),
        "PROLOGUE_COLLECT__KUBERNETES__URL": api.url,
        "PROLOGUE_COLLECT__KUBERNETES__TOKEN_FILE": "",
        "PROLOGUE_COLLECT__KUBERNETES__CA_FILE": "",
    }

    def happens() -> None:
        wait_until(lambda: api.watchers(EVENTS))
        api.change(EVENTS, "ADDED", event(1, message="from the cluster"))

    variables = environment("events.yaml") | here
    (found,) = shipped(tmp_path, prologue_server, variables, "from the cluster", happens)
    assert (found["service_name"], found["namespace"]) == ("kubernetes-events", "shop")
    assert {path for path, _ in api.requests} == {EVENTS}


def shipped(
    folder: Path,
    server: ServerProcess,
    variables: dict[str, str],
    line: str,
    happens: Callable[[], None] = lambda: None,
) -> list[dict[str, str]]:
    """The labels of the streams in which an agent with these variables ships the line."""
    agent = AgentProcess(folder, folder / "agent", server.url, **variables).start()
    try:
        happens()
        with connect(server.url) as client:
            found: list[dict[str, str]] = []

            def arrived() -> bool:
                table = client.sql(
                    "SELECT DISTINCT labels FROM logs WHERE line = {line:String}", parameters={"line": line}
                )
                found[:] = [dict(row["labels"]) for row in table.to_arrow().to_pylist()]
                return bool(found)

            wait_until(arrived, every=0.2)
    finally:
        assert agent.stop() == 0
    return found
