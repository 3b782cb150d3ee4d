"""What the collector is told of the API server."""

from __future__ import annotations

from pathlib import Path

import pytest

from prologue.collect.kubernetes.settings import KubernetesSettings
from tests.support.kubernetes import ApiServer


@pytest.fixture
def settings(api: ApiServer, tmp_path: Path) -> KubernetesSettings:
    (tmp_path / "token").write_text("t1\n")
    api.token = "t1"
    return KubernetesSettings(
        url=api.url,
        node="n1",
        token_file=tmp_path / "token",
        ca_file=None,
        backoff_min_s=0.01,
        backoff_max_s=0.05,
        poll_s=0.02,
    )
