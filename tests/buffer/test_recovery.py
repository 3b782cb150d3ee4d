from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from prologue.buffer.disk import DiskBuffer
from prologue.model.errors import TemporaryError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "buffer"


@pytest.fixture
def fill(open_buffer, payload, folder):
    """Leaves segments of the named payloads behind, one list a segment, and answers their paths."""

    def leave(*segments: list[bytes], source: str | None = None) -> list[Path]:
        buffer: DiskBuffer = open_buffer()
        offset = buffer.durable_position(source) if source else 0
        for datas in segments:
            for data in datas:
                buffer.append(payload(data, source=source, start=offset)).result(30)
                offset += len(data)
            buffer.flush(30)
        buffer.close()
        return sorted(folder.glob("*.segment"))

    return leave


def segments(buffer: DiskBuffer) -> list[tuple[str, list[bytes]]]:
    found = []
    while (segment := buffer.take(0)) is not None:
        found.append((segment.batch_id, [bytes(payload.data) for payload in segment.payloads()]))
    return found


def test_what_was_not_released_comes_again_under_the_same_batch_ids(fill, open_buffer) -> None:
    fill([b"a", b"b"], [b"c"], [b"d"])
    first = open_buffer()
    seen = segments(first)
    assert [datas for _, datas in seen] == [[b"a", b"b"], [b"c"], [b"d"]]
    first.close()
    second = open_buffer()
    segment = second.take(0)
    assert segment is not None
    second.release(segment)
    second.close()
    third = open_buffer()
    assert segments(third) == seen[1:]
    assert third.stats().segments == 2


def test_an_empty_file_of_a_crash_at_creation_goes(fill, open_buffer, folder) -> None:
    paths = fill([b"a"])
    (folder / "00000000000000999999.segment").write_bytes(b"")
    buffer = open_buffer()
    assert sorted(folder.glob("*.segment")) == paths
    assert buffer.stats().quarantined_frames == 0
    assert segments(buffer)[0][1] == [b"a"]


def test_a_torn_end_is_cut_and_counted(fill, open_buffer, payload, folder) -> None:
    path = fill([b"a"], [b"b"])[-1]
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(1000))
    buffer = open_buffer()
    assert (buffer.stats().torn_bytes, buffer.stats().quarantined_frames) == (1000, 0)
    assert path.read_bytes() == whole
    assert [datas for _, datas in segments(buffer)] == [[b"a"], [b"b"]]


def test_a_torn_end_that_cannot_be_cut_is_ignored_for_ever(fill, open_buffer, payload, faulty) -> None:
    path = fill([b"a"])[0]
    path.write_bytes(path.read_bytes() + bytes(1000))
    faulty.fail["truncate"] = errno.EIO
    first = open_buffer(faulty)
    first.append(payload(b"b")).result(30)
    first.close()
    path.write_bytes(path.read_bytes()[:-1000] + b"x" * 1000)  # whatever is there: it never counted
    second = open_buffer(faulty)
    assert [datas for _, datas in segments(second)] == [[b"a"], [b"b"]]
    assert second.stats().quarantined_frames == 0


def test_damage_in_the_middle_costs_its_frame_only(fill, open_buffer, folder) -> None:
    path = fill([b"first", b"second", b"third"], [b"fourth"])[0]
    path.write_bytes(path.read_bytes().replace(b"second", b"sec\x00nd"))
    for _ in range(2):  # a restart finds the same, and does not loop
        buffer = open_buffer()
        assert buffer.stats().quarantined_frames == 1
        assert [datas for _, datas in segments(buffer)] == [[b"first", b"third"], [b"fourth"]]
        assert buffer.stats().quarantined_frames == 1  # not again when it is read
        buffer.close()
    kept = list((folder / "quarantine").iterdir())
    assert len(kept) == 1
    assert b"sec\x00nd" in kept[0].read_bytes()


def test_a_shortened_older_segment_is_told(fill, open_buffer) -> None:
    path = fill([b"first", b"second"], [b"third"])[0]
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    buffer = open_buffer()
    assert buffer.stats().quarantined_frames >= 1
    assert segments(buffer)[-1][1] == [b"third"]


def test_a_segment_of_garbage_is_set_aside_whole(fill, open_buffer, folder) -> None:
    path = fill([b"first"], [b"second"])[0]
    path.write_bytes(b"\x07" * path.stat().st_size)
    buffer = open_buffer()
    assert [datas for _, datas in segments(buffer)] == [[b"second"]]
    assert not path.exists()
    assert {kept.read_bytes()[:1] for kept in (folder / "quarantine").iterdir()} == {b"\x07"}


def test_a_segment_that_cannot_be_read_is_set_aside(fill, open_buffer, faulty, folder) -> None:
    paths = fill([b"first"], [b"second"])
    faulty.fail["read"] = [0, 0, errno.EIO]  # positions, sequence, then the newest segment
    buffer = open_buffer(faulty)
    assert [datas for _, datas in segments(buffer)] == [[b"first"]]
    assert (folder / "quarantine" / paths[1].name).exists()
    assert buffer.stats().quarantined_frames == 1


@pytest.mark.parametrize("name", ["positions", "sequence"])
def test_a_damaged_state_file_is_set_aside(fill, open_buffer, folder, name: str) -> None:
    fill([b"0123"], source="f")
    buffer = open_buffer()
    last = buffer.take(0)
    buffer.release(last)
    buffer.close()
    (folder / name).write_bytes(b"garbage")
    buffer = open_buffer()
    assert (folder / "quarantine" / name).read_bytes() == b"garbage"
    assert buffer.durable_position("f") == (0 if name == "positions" else 4)
    buffer.close()
    assert int(fill([b"x"])[-1].stem) > last.sequence


def test_positions_come_back_from_frames_and_from_the_file(fill, open_buffer, folder) -> None:
    fill([b"0123"], [b"4567"], [b"89"], source="f")
    buffer = open_buffer()
    assert buffer.durable_position("f") == 10
    buffer.release(buffer.take(0))
    buffer.close()
    for path in sorted(folder.glob("*.segment"))[1:]:
        path.unlink()
    assert open_buffer().durable_position("f") == 10  # saved before the first was released


def test_positions_of_recovered_segments_outlive_their_release(fill, open_buffer) -> None:
    fill([b"0123"], source="f")
    buffer = open_buffer()
    buffer.release(buffer.take(0))
    buffer.close()
    assert open_buffer().durable_position("f") == 4


def test_the_position_of_a_damaged_newest_payload_is_given_back(fill, open_buffer) -> None:
    path = fill([b"0123", b"4567"], source="f")[0]
    path.write_bytes(path.read_bytes().replace(b"4567", b"456X"))
    buffer = open_buffer()
    assert buffer.durable_position("f") == 4  # so that its reader sends those bytes again


def test_temporary_files_of_a_crash_go(fill, open_buffer, folder) -> None:
    fill([b"a"])
    for name in ("positions.tmp", "sequence.tmp", "probe.tmp"):
        (folder / name).write_bytes(b"half")
    open_buffer()
    assert not list(folder.glob("*.tmp"))


@pytest.mark.parametrize("name", ["notes", "7", "9" * 20, "-0000000000000000007", "²" * 20])
def test_files_of_others_are_left_alone(fill, open_buffer, payload, folder, caplog, name: str) -> None:
    fill([b"a"])
    (folder / f"{name}.segment").write_bytes(b"not ours")
    buffer = open_buffer()
    assert [datas for _, datas in segments(buffer)] == [[b"a"]]
    assert buffer.append(payload()).result(30).segment < 10**6
    assert (folder / f"{name}.segment").read_bytes() == b"not ours"
    assert "left alone" in caplog.text


def test_a_copied_directory_is_the_same_buffer(fill, open_buffer, folder, tmp_path) -> None:
    fill([b"a"], [b"b"])
    first = open_buffer()
    seen = segments(first)
    first.close()
    shutil.copytree(folder, tmp_path / "copy")
    with DiskBuffer(tmp_path / "copy") as copy:
        assert segments(copy) == seen


def test_a_directory_that_cannot_be_used_is_an_error_with_the_cure(open_buffer, faulty, folder) -> None:
    folder.parent.mkdir(exist_ok=True)
    folder.write_bytes(b"a file")
    with pytest.raises(TemporaryError, match="cannot be used") as caught:
        open_buffer(faulty)
    assert "writable directory" in caught.value.cure
