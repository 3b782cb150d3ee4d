from __future__ import annotations

from pathlib import Path

import pytest

from prologue.buffer.filesystem import FileSystem
from prologue.buffer.statefile import StateDamaged, load_state, save_state

MAGIC = b"TESTING1"


def test_round_trip_and_replacement(tmp_path: Path) -> None:
    filesystem, path = FileSystem(), tmp_path / "state"
    assert load_state(filesystem, path, MAGIC, dict[str, int]) is None
    for value in ({"a": 1}, {}, {"b": 2**63}):
        save_state(filesystem, path, MAGIC, value)
        assert load_state(filesystem, path, MAGIC, dict[str, int]) == value


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda content: b"", "short", id="empty"),
        pytest.param(lambda content: content[:5], "short", id="cut in its head"),
        pytest.param(lambda content: content[:-1], "checksum", id="cut in its body"),
        pytest.param(lambda content: content[:-1] + b"\xff", "checksum", id="flipped"),
        pytest.param(lambda content: b"OTHERONE" + content[8:], "checksum", id="another file's content"),
    ],
)
def test_damage_is_told_apart(tmp_path: Path, change, reason: str) -> None:
    filesystem, path = FileSystem(), tmp_path / "state"
    save_state(filesystem, path, MAGIC, {"a": 1})
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(StateDamaged, match=reason):
        load_state(filesystem, path, MAGIC, dict[str, int])


def test_content_of_another_kind_is_damage(tmp_path: Path) -> None:
    save_state(FileSystem(), tmp_path / "state", MAGIC, "text")
    with pytest.raises(StateDamaged, match="not understood"):
        load_state(FileSystem(), tmp_path / "state", MAGIC, dict[str, int])
