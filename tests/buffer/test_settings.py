from __future__ import annotations

import pytest

from prologue.buffer.settings import MIB, BufferSettings
from prologue.model.errors import ConfigError


@pytest.mark.parametrize(
    ("values", "key"),
    [
        pytest.param({"max_bytes": 0}, "buffer.max_bytes", id="no room at all"),
        pytest.param({"max_bytes": 4 * MIB}, "buffer.max_bytes", id="less than one segment"),
        pytest.param({"segment_bytes": 100}, "buffer.segment_bytes", id="tiny segments"),
        pytest.param({"max_waiting_bytes": -1}, "buffer.max_waiting_bytes", id="negative"),
        pytest.param({"seal_after": -0.1}, "buffer.seal_after", id="negative time"),
        pytest.param({"probe_interval": 0.0}, "buffer.probe_interval", id="busy probing"),
        pytest.param({"forget_sources_after": 0.0}, "buffer.forget_sources_after", id="forget at once"),
        pytest.param({"reserve_bytes": -1}, "buffer.reserve_bytes", id="negative reserve"),
    ],
)
def test_wrong_values_name_their_key_and_the_cure(values: dict[str, float], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        BufferSettings(**values)
    assert caught.value.key == key
    assert key in caught.value.message
    assert caught.value.cure.startswith(f"set {key} to ")


def test_defaults_are_valid() -> None:
    settings = BufferSettings()
    assert (settings.max_bytes, settings.segment_bytes, settings.seal_after) == (4096 * MIB, 32 * MIB, 0.25)
