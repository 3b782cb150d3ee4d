"""What a pod's API object says of its lines."""

from __future__ import annotations

from typing import Any

import pytest

from prologue.collect.kubernetes.pod import read_pod, workload
from prologue.collect.kubernetes.settings import LABELS
from prologue.model.multiline import PRESETS
from tests.support.kubernetes import a_pod


def read(document: dict[str, Any]) -> Any:
    found = read_pod(document, LABELS)
    assert found is not None
    return found


def test_labels_workload_images_and_service() -> None:
    pod = read(a_pod())
    app, proxy = pod.containers["app"].described, pod.containers["proxy"].described
    assert app.labels == {
        "namespace": "shop",
        "pod": "cart-7d9c6b5f4-x2x4z",
        "node": "n1",
        "workload": "cart",
        "workload_kind": "Deployment",
        "app_kubernetes_io_name": "cart",
        "container": "app",
        "image": "registry:5000/shop/cart",
        "image_tag": "1.4",
    }
    assert (app.service, app.service_from) == ("cart", "label app.kubernetes.io/name")
    assert (proxy.service, proxy.service_from) == ("mesh", "OTEL_SERVICE_NAME")
    assert proxy.labels["image_tag"] == "latest"


def test_annotations_for_a_pod_and_for_one_container() -> None:
    pod = read(
        a_pod(**{"service-name": "basket", "proxy.skip": "true", "parser": "nginx", "multiline": "java"})
    )
    app = pod.containers["app"]
    assert (app.described.service, app.described.service_from) == (
        "basket",
        "annotation prologue.io/service-name",
    )
    labels = app.described.labels
    assert (app.skip, labels["multiline"], labels["parser"]) == (False, "java", "nginx")
    assert app.described.multiline is PRESETS["java"]
    assert pod.containers["proxy"].skip
    assert not read(a_pod(skip="false")).containers["app"].skip


def test_an_annotation_that_is_no_preset_is_told_or_is_a_label() -> None:
    pod = read(a_pod(multiline="ours", **{"proxy.multiline": r"start: ^\d"}))
    app, proxy = pod.containers["app"].described, pod.containers["proxy"].described
    assert (app.labels["multiline"], app.multiline, app.problem) == ("ours", None, "")
    assert "prologue.io/multiline" in proxy.problem
    assert "java" in proxy.problem
    assert proxy.multiline is None
    assert "multiline" not in proxy.labels


def test_files_in_volumes() -> None:
    pod = read(a_pod(files="/var/log/app/*.log, /tmp/x.log,/var/log/app/../../etc/shadow"))
    (extra,) = pod.extra_files
    assert extra.pattern == "/var/lib/kubelet/pods/u1/volumes/kubernetes.io~empty-dir/logs/*.log"
    assert extra.info.described.labels["container"] == "app"
    assert [problem.split(" of pod")[0] for problem in pod.problems] == [
        "/tmp/x.log",
        "/var/log/app/../../etc/shadow",
    ]


def test_a_host_path_with_a_sub_path() -> None:
    document = a_pod(**{"app.files": "/var/log/app/a.log"})
    document["spec"]["volumes"] = [{"name": "logs", "hostPath": {"path": "/data/logs/"}}]
    document["spec"]["containers"][0]["volumeMounts"][0]["subPath"] = "cart"
    assert read(document).extra_files[0].pattern == "/data/logs/cart/a.log"


def test_a_static_pod_is_known_by_its_mirror() -> None:
    document = a_pod()
    document["metadata"]["annotations"]["kubernetes.io/config.mirror"] = "hash"
    document["metadata"]["ownerReferences"] = [{"kind": "Node", "name": "n1"}]
    pod = read(document)
    assert pod.uid == "hash"
    assert "workload" not in pod.containers["app"].described.labels


@pytest.mark.parametrize(
    ("kind", "name", "wanted"),
    [
        ("StatefulSet", "db", ("db", "StatefulSet")),
        ("DaemonSet", "agent", ("agent", "DaemonSet")),
        ("Job", "backup-29384756", ("backup", "CronJob")),
        ("Job", "once", ("once", "Job")),
        ("ReplicaSet", "cart-7d9c6b5f4", ("cart", "Deployment")),
    ],
)
def test_workloads(kind: str, name: str, wanted: tuple[str, str]) -> None:
    found = workload({"ownerReferences": [{"kind": kind, "name": name}]})
    assert (found["workload"], found["workload_kind"]) == wanted


@pytest.mark.parametrize(
    "document", [{}, {"metadata": None}, {"metadata": {"name": "x"}}, {"spec": []}], ids=str
)
def test_what_is_no_pod(document: dict[str, Any]) -> None:
    assert read_pod(document, LABELS) is None


def test_nonsense_in_a_pod_does_no_harm() -> None:
    document = a_pod()
    document["spec"]["containers"] = [None, {"name": "a", "volumeMounts": "x", "env": [3]}]
    document["spec"]["volumes"] = 7
    assert set(read(document).containers) == {"a"}
