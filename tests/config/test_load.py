"""Merging: who wins, where a value came from, and rules between settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from prologue.config.load import load
from prologue.config.settings import Settings
from prologue.model.errors import ConfigError


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "p.yaml"
    path.write_text("http: {listen: 'file:1'}\nstore:\n  retention_days: 7\nlog: {level: debug}\n")
    return path


def test_nothing_set_is_the_defaults() -> None:
    loaded = load(environ={})
    assert loaded.settings == Settings()
    assert {str(origin) for origin in loaded.origins.values()} == {"default"}


def test_the_last_source_wins(config: Path) -> None:
    loaded = load(
        config,
        {"http.listen": "flag:3", "data_dir": None},
        {"PROLOGUE_HTTP__LISTEN": "env:2", "PROLOGUE_LOG__LEVEL": "error"},
    )
    assert loaded.settings.http.listen == "flag:3"
    assert loaded.settings.log.level == "error"
    assert loaded.settings.store.retention_days == 7
    assert loaded.settings.data_dir == Path("data")


def test_every_value_says_where_it_came_from(config: Path) -> None:
    loaded = load(config, {"http.listen": "flag:3"}, {"PROLOGUE_LOG__LEVEL": "error"})
    rows = {path: (value, str(origin)) for path, value, origin in loaded.rows()}
    assert rows["http.listen"] == ("flag:3", "flag --listen")
    assert rows["log.level"] == ("error", "env PROLOGUE_LOG__LEVEL")
    assert rows["store.retention_days"] == ("7", f"file {config}:3:19")
    assert rows["data_dir"] == ("data", "default")


def test_the_environment_may_name_the_file(config: Path) -> None:
    assert load(environ={"PROLOGUE_CONFIG": str(config)}).settings.store.retention_days == 7


def test_a_bad_value_names_place_key_and_cure(config: Path) -> None:
    config.write_text("buffer:\n  seal_after: soon\n")
    with pytest.raises(ConfigError) as caught:
        load(config, environ={})
    assert caught.value.message == f"{config}:2:15: buffer.seal_after: 'soon' is not a duration"
    assert caught.value.key == "buffer.seal_after"
    assert caught.value.cure == "write it like 250ms, 30s, 1h30m or 7d"


def test_a_bad_flag_names_the_flag() -> None:
    with pytest.raises(ConfigError, match=r"--listen: http.listen: 'nowhere' is not an address"):
        load(flags={"http.listen": "nowhere"}, environ={})


def test_a_broken_file_is_reported_even_when_overridden(config: Path) -> None:
    config.write_text("log: {level: loud}\n")
    with pytest.raises(ConfigError, match=r"log\.level"):
        load(config, environ={"PROLOGUE_LOG__LEVEL": "info"})


def test_what_is_accepted_must_fit_the_buffer() -> None:
    with pytest.raises(ConfigError) as caught:
        load(environ={"PROLOGUE_BUFFER__MAX_BYTES": "128MiB"})
    assert "receive.max_decompressed_bytes (256MiB) is larger than buffer.max_bytes (128MiB)" in str(
        caught.value
    )
    assert caught.value.key == "buffer.max_bytes"
