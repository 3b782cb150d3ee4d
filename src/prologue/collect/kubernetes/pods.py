"""The pods of this node, kept up to date: by a watch of the API that is limited to the node, or the kubelet.

The path of a log file says namespace, pod and container at once; this adds what only the API knows. It is
never waited for longer than `patience_s`, and when it is away lines go on with what the path says.

Next chapter: `prologue.collect.discover`, which asks.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from prologue.collect.kubernetes.api import Api, Gone
from prologue.collect.kubernetes.pod import ContainerInfo, ExtraFiles, Pod, read_pod
from prologue.collect.kubernetes.settings import KubernetesSettings
from prologue.model.errors import PrologueError

logger = logging.getLogger(__name__)

PODS = "/api/v1/pods"
KUBELET_PODS = "/pods"


class PodDirectory:
    """Thread-safe. `changed` is called, from the watcher's thread, when something is known that was not."""

    def __init__(
        self,
        settings: KubernetesSettings,
        changed: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._changed = changed
        self._monotonic = monotonic
        self._pods: dict[str, Pod] = {}  # by uid
        self._gone: dict[str, float] = {}  # uid -> when it went
        self._stopping = threading.Event()
        self._listed = threading.Event()
        self._api = Api(settings)
        self._thread = threading.Thread(target=self._run, name="kubernetes-pods", daemon=True)
        self.version = 0
        self.problem = ""

    def start(self, wait_s: float) -> None:
        """Begin, and wait for the first list at most so long."""
        self._thread.start()
        self._listed.wait(wait_s)

    def close(self) -> None:
        """Ask the watcher to end; it may read a watch that says nothing for minutes, which harms nobody."""
        self._stopping.set()

    def container(self, uid: str, name: str) -> ContainerInfo | None:
        """What is known of a container, or None while nothing is."""
        pod = self._pods.get(uid)
        return pod.containers.get(name) if pod is not None else None

    def extra_files(self) -> tuple[ExtraFiles, ...]:
        """Files in volumes that annotations of any pod ask for."""
        return tuple(files for pod in list(self._pods.values()) for files in pod.extra_files)

    def problems(self) -> tuple[str, ...]:
        own = (self.problem,) if self.problem else ()
        return (*own, *(problem for pod in list(self._pods.values()) for problem in pod.problems))

    def _run(self) -> None:
        try:
            self._keep_up()
        finally:
            self._api.close()

    def _keep_up(self) -> None:
        settings, failures = self._settings, 0
        while not self._stopping.is_set():
            try:
                if settings.kubelet:
                    self._take(self._api.list(KUBELET_PODS)[0])
                    pause = settings.poll_s
                else:
                    self._follow()
                    pause = 0.0
                failures, self.problem = 0, ""
            except Gone:
                pause = 0.0
            except PrologueError as error:
                failures += 1
                self.problem = f"{error.message}; {error.cure}" if error.cure else error.message
                logger.warning("pods are known by their paths only: %s", self.problem)
                delay = min(settings.backoff_min_s * 2 ** min(failures - 1, 16), settings.backoff_max_s)
                pause = delay * (0.5 + random.random())  # noqa: S311 - jitter, not a secret
            except Exception as error:  # as above, and this thread must not end
                self.problem, pause = f"a defect: {error!r}", settings.backoff_max_s
                logger.exception("pods are known by their paths only")
            self._stopping.wait(pause)

    def _follow(self) -> None:
        """List, then watch until the server ends it or the version is too old."""
        chosen = {"fieldSelector": f"spec.nodeName={self._settings.node}"}
        items, version = self._api.list(PODS, chosen)
        self._take(items)
        self.problem = ""
        while not self._stopping.is_set():
            for kind, document in self._api.watch(PODS, version, chosen):
                version = str(_meta(document).get("resourceVersion", version))
                if kind != "BOOKMARK":
                    self._note(kind, document)
                if self._stopping.is_set():
                    return

    def _take(self, items: list[dict[str, Any]]) -> None:
        """The whole truth of now."""
        pods = [pod for item in items if (pod := read_pod(item, self._settings.labels)) is not None]
        present = {pod.uid: pod for pod in pods}
        now = self._monotonic()
        for uid in self._pods.keys() - present.keys():
            self._gone.setdefault(uid, now)
        self._update(present)
        self._listed.set()

    def _note(self, kind: str, document: dict[str, Any]) -> None:
        pod = read_pod(document, self._settings.labels)
        if pod is None:
            return
        if kind == "DELETED":
            self._gone.setdefault(pod.uid, self._monotonic())
        self._update({pod.uid: pod})

    def _update(self, found: Mapping[str, Pod]) -> None:
        """Take what was found; forget what has been gone for long; tell where anything is different."""
        oldest = self._monotonic() - self._settings.forget_s
        forgotten = [uid for uid, went in self._gone.items() if went < oldest and uid not in found]
        pods = {uid: pod for uid, pod in self._pods.items() if uid not in forgotten}
        for uid in forgotten:
            del self._gone[uid]
        different = any(pods.get(uid) != pod for uid, pod in found.items())
        self._pods = {**pods, **found}  # replaced, never changed: readers have no lock
        if different:
            self.version += 1
            self._changed()


def _meta(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = document.get("metadata")
    return found if isinstance(found, dict) else {}
