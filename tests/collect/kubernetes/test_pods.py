"""The directory of pods against a server that answers as the API does: pages, watches, 410, new tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prologue.collect.kubernetes.pods import KUBELET_PODS, PODS, PodDirectory
from tests.support.kubernetes import a_pod

Eventually = Callable[..., None]


@pytest.fixture
def directory() -> Iterator[Callable[..., PodDirectory]]:
    made: list[PodDirectory] = []

    def make(settings: Any, wait: float = 10.0) -> PodDirectory:
        made.append(PodDirectory(settings, lambda: None))
        made[-1].start(wait)
        return made[-1]

    yield make
    for one in made:
        one.close()


def known(pods: PodDirectory, uid: str) -> bool:
    return pods.container(uid, "app") is not None


def test_the_first_list_in_pages_and_only_this_node(api: Any, settings: Any, directory: Any) -> None:
    api.items[PODS] = [a_pod(f"p{n}", f"u{n}") for n in range(5)]
    pods = directory(settings)
    assert all(known(pods, f"u{n}") for n in range(5))
    assert api.requests[0] == (PODS, {"fieldSelector": "spec.nodeName=n1", "limit": "500"})


def test_changes_are_followed(api: Any, settings: Any, directory: Any, eventually: Eventually) -> None:
    pods = directory(settings)
    eventually(lambda: api.watchers(PODS))
    before = pods.version
    api.change(PODS, "ADDED", a_pod())
    eventually(lambda: known(pods, "u1"))
    assert pods.version > before
    api.send(PODS, {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "900"}}})
    api.change(PODS, "MODIFIED", a_pod(**{"service-name": "new"}))
    eventually(lambda: pods.container("u1", "app").described.service == "new")
    api.change(PODS, "DELETED", a_pod(**{"service-name": "new"}))
    api.send(PODS, None)
    eventually(lambda: len([r for r in api.requests if "watch" in r[1]]) > 1)
    assert known(pods, "u1"), "its files are still being read"


def test_pods_that_are_long_gone_are_forgotten(
    api: Any, settings: Any, directory: Any, eventually: Eventually
) -> None:
    api.items[PODS] = [a_pod()]
    pods = directory(replace(settings, forget_s=-1.0))
    eventually(lambda: api.watchers(PODS))
    api.change(PODS, "DELETED", a_pod())
    api.change(PODS, "ADDED", a_pod("p2", "u2"))
    eventually(lambda: known(pods, "u2"))
    eventually(lambda: not known(pods, "u1"))


def test_a_version_that_is_too_old_means_a_new_list(
    api: Any, settings: Any, directory: Any, eventually: Eventually
) -> None:
    pods = directory(settings)
    eventually(lambda: api.watchers(PODS))
    api.items[PODS] = [a_pod()]
    api.send(PODS, {"type": "ERROR", "object": {"kind": "Status", "code": 410}})
    eventually(lambda: known(pods, "u1"))
    assert pods.problem == ""


def test_a_refusal_is_told_with_its_cure_and_tried_again(
    api: Any, settings: Any, directory: Any, eventually: Eventually, tmp_path: Path
) -> None:
    api.items[PODS] = [a_pod()]
    api.token = "t2"  # the kubelet renewed it, the file has not changed yet
    pods = directory(settings, wait=0.0)
    eventually(lambda: "role" in pods.problem)
    (tmp_path / "token").write_text("t2")
    eventually(lambda: known(pods, "u1"))
    eventually(lambda: not pods.problem)


def test_the_kubelet_is_asked_again_and_again(
    api: Any, settings: Any, directory: Any, eventually: Eventually
) -> None:
    api.items[KUBELET_PODS] = []
    pods = directory(replace(settings, kubelet=True))
    assert not known(pods, "u1")
    api.items[KUBELET_PODS] = [a_pod()]
    eventually(lambda: known(pods, "u1"))


def test_an_api_that_is_away_costs_labels_and_nothing_else(settings: Any, directory: Any) -> None:
    pods = directory(replace(settings, url="http://127.0.0.1:9"), wait=0.1)
    assert pods.container("u1", "app") is None
    assert pods.extra_files() == ()
