from __future__ import annotations

from pathlib import Path

import pytest

from prologue.buffer.limits import Load, refusal
from prologue.buffer.settings import BufferSettings

SETTINGS = BufferSettings(max_bytes=100_000, segment_bytes=50_000, max_waiting_bytes=20_000)


@pytest.mark.parametrize(
    ("size", "load", "names"),
    [
        pytest.param(1, Load(0, 0, False), None, id="empty"),
        pytest.param(20_000, Load(0, 80_000, False), None, id="exactly full"),
        pytest.param(20_001, Load(0, 80_000, False), "buffer.max_bytes", id="one byte over"),
        pytest.param(10_000, Load(10_000, 80_001, False), "buffer.max_bytes", id="waiting counts"),
        pytest.param(10_000, Load(10_000, 0, False), None, id="exactly as much as may wait"),
        pytest.param(10_001, Load(10_000, 0, False), "buffer.max_waiting_bytes", id="too much waits"),
        pytest.param(90_000, Load(0, 0, False), None, id="a large payload alone may wait"),
        pytest.param(1, Load(0, 0, True), "full", id="disk full"),
    ],
)
def test_refusal(size: int, load: Load, names: str | None) -> None:
    found = refusal(size, load, SETTINGS, Path("/data/buffer"))
    if names is None:
        assert found is None
    else:
        assert found is not None
        assert names in found.message
        assert found.retry_after >= 1
        assert found.cure
