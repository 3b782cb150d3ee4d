"""Discovery on a fake root: what is found, what is left alone, and whose it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prologue.collect.discover import Discovery
from prologue.collect.settings import CollectSettings, FilePattern
from prologue.model.errors import ConfigError

ID = "4f66ad9a0b2e"
UID = "0f3a5d1e-9b7c-4a52-8b1e-2f0d7f6c1a11"

FOUND = {
    "/var/log/syslog": ("file", "syslog"),
    "/var/log/messages": ("file", "messages"),
    "/var/log/auth.log": ("file", "auth"),
    "/var/log/nginx/access.log": ("file", "nginx"),
    "/var/log/postgresql/postgresql-15-main.log": ("file", "postgresql"),
    "/var/log/a/b/c/deep.log": ("file", "a"),
    f"/var/lib/docker/containers/{ID}/{ID}-json.log": ("docker", "cart"),
    f"/var/log/pods/shop_cart-7d9f_{UID}/cart/0.log": ("cri", "cart"),
}

LEFT_ALONE = [
    "/var/log/wtmp",
    "/var/log/btmp",
    "/var/log/lastlog",
    "/var/log/faillog",
    "/var/log/syslog.1",
    "/var/log/syslog.2.gz",
    "/var/log/nginx/access.log.1",
    "/var/log/nginx/access.log.2.gz",
    "/var/log/journal/abc/system.journal",
    "/var/log/journal/abc/odd.log",
    "/var/log/prologue/data/segment.log",
    "/var/lib/docker/containers/x/config.v2.json",
    f"/var/log/pods/shop_cart-7d9f_{UID}/cart/0.log.20261123-120000.gz",
    "/etc/passwd",
]


def make(root: Path, path: str, text: str = "x\n") -> Path:
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def discovery(root: Path, **changes: Any) -> Discovery:
    own = root / "var/log/prologue/data"
    return Discovery(CollectSettings(root=root, host="h1", **({"exclude_folders": (own,)} | changes)))


def labels(discovery: Discovery, root: Path, path: str) -> dict[str, str]:
    found = discovery.match(str(root) + path)
    assert found is not None
    return dict(found.labels)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in (*FOUND, *LEFT_ALONE):
        make(tmp_path, path)
    links = tmp_path / "var/log/containers"
    links.mkdir()
    (links / "cart.log").symlink_to(f"../pods/shop_cart-7d9f_{UID}/cart/0.log")
    papers = {"Name": "/cart", "Config": {"Image": "shop/cart:1.2", "Labels": None}}
    make(tmp_path, f"/var/lib/docker/containers/{ID}/config.v2.json", json.dumps(papers))
    return tmp_path


def test_everything_and_nothing_else_is_found(root: Path) -> None:
    assert sorted(discovery(root).scan().files) == sorted(str(root) + path for path in FOUND)


@pytest.mark.parametrize("path", FOUND)
def test_kind_and_service(root: Path, path: str) -> None:
    found = discovery(root).match(str(root) + path)
    assert found is not None
    assert (found.kind, found.labels["service_name"]) == FOUND[path]
    assert found.labels["filename"] == path
    assert (found.labels["host"], found.labels["source"]) == ("h1", found.kind)


@pytest.mark.parametrize("path", LEFT_ALONE)
def test_match_agrees_with_scan(root: Path, path: str) -> None:
    assert discovery(root).match(str(root) + path) is None


def test_pod_labels_come_from_the_path(root: Path) -> None:
    found = labels(discovery(root), root, f"/var/log/pods/shop_cart-7d9f_{UID}/cart/0.log")
    assert {name: found[name] for name in ("namespace", "pod", "container")} == {
        "namespace": "shop",
        "pod": "cart-7d9f",
        "container": "cart",
    }


DOCKER = {
    "compose": (
        {"com.docker.compose.project": "shop", "com.docker.compose.service": "web"},
        {"service_name": "web", "compose_project": "shop", "compose_service": "web"},
    ),
    "old kubelet": (
        {
            "io.kubernetes.pod.namespace": "ns",
            "io.kubernetes.pod.name": "p",
            "io.kubernetes.container.name": "c",
        },
        {"service_name": "c", "namespace": "ns", "pod": "p", "container": "c"},
    ),
    "nothing": ({}, {"service_name": "cart-1"}),
}


@pytest.mark.parametrize(("given", "wanted"), DOCKER.values(), ids=DOCKER)
def test_docker_labels(root: Path, given: dict[str, str], wanted: dict[str, str]) -> None:
    papers = {"Name": "/cart-1", "Config": {"Image": "shop/cart:1.2", "Labels": given}}
    make(root, f"/var/lib/docker/containers/{ID}/config.v2.json", json.dumps(papers))
    path = f"/var/lib/docker/containers/{ID}/{ID}-json.log"
    own = {"container_name": "cart-1", "image": "shop/cart:1.2", "filename": path, "host": "h1"}
    assert labels(discovery(root), root, path) == own | {"source": "docker"} | wanted


@pytest.mark.parametrize("papers", ["", "{", "[]", '{"Name": 3}'])
def test_docker_without_readable_papers_is_named_by_its_id(root: Path, papers: str) -> None:
    make(root, f"/var/lib/docker/containers/{ID}/config.v2.json", papers)
    found = labels(discovery(root), root, f"/var/lib/docker/containers/{ID}/{ID}-json.log")
    assert found["service_name"] == ID


def test_own_patterns_labels_and_excludes(root: Path) -> None:
    make(root, "/srv/shop/logs/cart.out")
    make(root, "/srv/shop/logs/secret.out")
    settings = {
        "include": (FilePattern("/srv/*/logs/*.out", {"service_name": "the-cart", "team": "a"}),),
        "exclude": ("**/secret.*", "/var/log/pods/shop_*/**"),
        "docker": False,
    }
    own = discovery(root, **settings)
    assert list(own.scan().files) == [str(root) + "/srv/shop/logs/cart.out"]
    found = labels(own, root, "/srv/shop/logs/cart.out")
    assert (found["service_name"], found["team"]) == ("the-cart", "a")


def test_switched_off(root: Path) -> None:
    off = discovery(root, files=False, docker=False, cri=False)
    assert off.scan().files == {}


def test_a_relative_pattern_is_refused_with_its_cure() -> None:
    with pytest.raises(ConfigError) as refusal:
        FilePattern("logs/*.log")
    assert refusal.value.key == "collect.include"
    assert "/var/log" in refusal.value.cure


@pytest.mark.parametrize("name", ["chunk_bytes", "max_line_bytes", "rescan_s", "checkpoint_s"])
def test_settings_that_cannot_work_are_refused(name: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        CollectSettings(**{name: 0})
    assert refusal.value.key == f"collect.{name}"
