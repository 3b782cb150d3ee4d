"""From buffer to store under faults: nothing lost, nothing twice, nothing silent."""

from __future__ import annotations

import errno
import threading
from collections import Counter
from contextlib import contextmanager

import pytest

from prologue.buffer.disk import DiskBuffer, Surroundings
from prologue.buffer.filesystem import FileSystem
from prologue.buffer.segment import sequence_of
from prologue.buffer.setaside import SetAside
from prologue.buffer.settings import BufferSettings
from prologue.model.errors import EngineError
from prologue.model.payload import Payload, PayloadFormat
from prologue.parse.columns import ParseOptions
from prologue.parse.finish import finish
from prologue.pipeline.ingest import Ingest, RetryPolicy
from prologue.pipeline.progress import Progress
from prologue.store.migrate import migrate
from prologue.store.writer import LogWriter
from prologue.telemetry import metrics
from tests.buffer.conftest import FaultyFileSystem
from tests.pipeline.conftest import failing
from tests.support.server import wait_until

FINISH = finish(ParseOptions())
NOW = 1_795_800_000_000_000_000


def lines(number: int, count: int = 3) -> Payload:
    data = b"".join(b"line %d of %d\n" % (place, number) for place in range(count))
    return Payload("default", PayloadFormat.LINES, data, NOW + number, {"app": f"app{number % 5}"})


def stored(engine) -> Counter:
    return Counter(engine.arrow("SELECT body FROM logs")["body"].to_pylist())


def expected(*payloads: Payload) -> Counter:
    return Counter(line.decode() for payload in payloads for line in bytes(payload.data).splitlines())


@contextmanager
def ingesting(folder, engine, recover_upto=0, finished=FINISH, filesystem=None):
    migrate(engine)
    world = Surroundings(filesystem=filesystem or FileSystem())
    buffer = DiskBuffer(folder, BufferSettings(seal_after=0.01), world, above=sequence_of(recover_upto))
    progress = Progress(recover_upto)
    ingest = Ingest(
        buffer,
        [LogWriter(engine, finished)],
        progress,
        options=ParseOptions(),
        recover_upto=recover_upto,
        retry=RetryPolicy(0.01, 0.05),
    )
    ingest.start()
    try:
        yield buffer, ingest, progress
    finally:
        ingest.stop(5)
        buffer.close(5)


def drain(buffer, ingest):
    buffer.flush(10)
    assert ingest.stop(20)


def test_what_was_acknowledged_is_stored_and_released(tmp_path, faulty):
    payloads = [lines(number) for number in range(20)]
    with ingesting(tmp_path, faulty) as (buffer, ingest, progress):
        for payload in payloads:
            buffer.append(payload).result(10)
        drain(buffer, ingest)
        assert buffer.stats().segments == 0
        assert progress.now.rows == 60
        assert progress.now.error is None
    assert stored(faulty) == expected(*payloads)


@pytest.mark.parametrize(
    ("where", "marker"),
    [
        ("before", "INSERT INTO stage"),
        ("before", "INSERT INTO streams"),
        ("after", "INSERT INTO streams"),
        ("before", "INSERT INTO logs"),
        ("after", "INSERT INTO logs"),
        ("before", "TRUNCATE TABLE stage"),
    ],
)
def test_a_batch_is_stored_once_wherever_the_engine_failed(tmp_path, faulty, where, marker):
    migrate(faulty)
    setattr(faulty, where, failing(marker, 2))
    payloads = [lines(number) for number in range(5)]
    with ingesting(tmp_path, faulty) as (buffer, ingest, _):
        for payload in payloads:
            buffer.append(payload).result(10)
        drain(buffer, ingest)
    assert stored(faulty) == expected(*payloads)


def test_an_engine_that_is_away_keeps_the_batch_and_says_so(tmp_path, faulty):
    migrate(faulty)
    with ingesting(tmp_path, faulty) as (buffer, ingest, progress):
        faulty.before = failing("INSERT INTO logs", 10**9)
        buffer.append(lines(1)).result(10)
        buffer.flush(10)
        assert not ingest.stop(0.3) or buffer.stats().segments == 1
        assert progress.now.error == "injected"
        assert buffer.stats().segments == 1
    faulty.before = lambda sql: None
    with ingesting(tmp_path, faulty, recover_upto=1 << 62) as (buffer, ingest, _):
        drain(buffer, ingest)
    assert stored(faulty) == expected(lines(1))


def test_a_payload_the_engine_cannot_read_is_kept_whole_beside_good_ones(tmp_path, faulty):
    no_arrow = Payload(
        "default", PayloadFormat.LINES, b"unreadable\nby framing\n", NOW, {}, {"framing": "cri"}
    )

    def refuse(sql: str) -> None:
        if sql.startswith("INSERT INTO stage") and refuse.armed:
            refuse.armed -= 1
            raise EngineError("cannot parse")

    refuse.armed = 2  # the group of both, then the first payload alone
    migrate(faulty)
    faulty.before = refuse
    with ingesting(tmp_path, faulty) as (buffer, ingest, _):
        for future in [buffer.append(no_arrow), buffer.append(lines(1))]:
            future.result(10)
        drain(buffer, ingest)
    assert stored(faulty) == expected(no_arrow, lines(1))
    errors = faulty.arrow(
        "SELECT attributes['__error__'] AS e FROM logs WHERE startsWith(body, 'unreadable')"
    )
    assert errors["e"].to_pylist() == ["ParserErr"]


def test_a_wiped_buffer_does_not_reuse_numbers_the_store_knows(tmp_path, faulty):
    with ingesting(tmp_path / "one", faulty) as (buffer, ingest, _):
        buffer.append(lines(1)).result(10)
        drain(buffer, ingest)
    held = faulty.arrow("SELECT max(batch) AS b FROM logs")["b"][0].as_py()
    with ingesting(tmp_path / "two", faulty, recover_upto=held) as (buffer, ingest, _):
        buffer.append(lines(2)).result(10)
        drain(buffer, ingest)
    assert stored(faulty) == expected(lines(1), lines(2))


def test_another_buffer_with_the_same_numbers_is_not_taken_for_what_the_store_holds(tmp_path, faulty):
    """An old copy of the directory was put back, or another machine's: its numbers are in the store."""
    with ingesting(tmp_path / "one", faulty) as (buffer, ingest, _):
        buffer.append(lines(1)).result(10)
        drain(buffer, ingest)
    held = faulty.arrow("SELECT max(batch) AS b FROM logs")["b"][0].as_py()
    with DiskBuffer(tmp_path / "two", BufferSettings(seal_after=3600)) as other:
        assert other.append(lines(2)).result(10).segment == sequence_of(held)
    for _ in range(2):
        with ingesting(tmp_path / "two", faulty, recover_upto=held) as (buffer, ingest, _):
            drain(buffer, ingest)
    assert stored(faulty) == expected(lines(1), lines(2))


def test_waiting_for_progress():
    progress = Progress(5)
    heard = []
    end = progress.subscribe(heard.append)
    assert progress.now.batch == 5
    for batch in (6, 7, 8):
        progress.taken(batch)
    progress.stored(6, 10, NOW)
    assert progress.now.batch == 6
    progress.stored(8, 1, NOW)
    assert progress.now.batch == 6  # 7 is not there yet
    end()
    progress.stored(7, 1, NOW)
    assert progress.now.batch == 8
    assert heard == [6, 6]


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param(Payload("default", PayloadFormat.RECORDS, b"no\narrow", NOW), id="records"),
        pytest.param(
            Payload("default", PayloadFormat.LINES, b"no\narrow", NOW, {}, {"framing": "none"}), id="framing"
        ),
        pytest.param(
            Payload(
                "default",
                PayloadFormat.LINES,
                b"no\narrow",
                NOW,
                {},
                {"timestamp": "detect", "time_zone": "No/Where"},
            ),
            id="time zone",
        ),
    ],
)
def test_a_payload_no_parser_takes_is_kept_whole_and_ingestion_goes_on(tmp_path, faulty, poison):
    with ingesting(tmp_path, faulty) as (buffer, ingest, _):
        for payload in (poison, lines(1)):
            buffer.append(payload).result(10)
        drain(buffer, ingest)
        assert buffer.stats().segments == 0
    assert stored(faulty) == expected(poison, lines(1))
    errors = faulty.arrow("SELECT DISTINCT attributes['__error__'] AS e FROM logs WHERE body = 'arrow'")
    assert errors["e"].to_pylist() == ["ParserErr"]


def test_a_defect_is_told_and_tried_again(tmp_path, faulty):
    """An ingest thread that ends is ingestion that stops while everything looks well."""
    left = [2]

    def defect(sql: str) -> None:
        if "INSERT INTO logs" in sql and left[0]:
            left[0] -= 1
            raise ZeroDivisionError("a defect")

    migrate(faulty)
    faulty.before = defect
    with ingesting(tmp_path, faulty) as (buffer, ingest, _):
        buffer.append(lines(1)).result(10)
        drain(buffer, ingest)
    assert stored(faulty) == expected(lines(1))


def refusing(what: str) -> str:
    """A last step on which the engine really fails, each time, for lines of which `what` holds."""
    return f"SELECT * FROM ({FINISH}) WHERE NOT throwIf({what})"


def plain(text: bytes) -> Payload:
    return Payload("default", PayloadFormat.LINES, text, NOW, {"app": "x"})


def test_a_payload_the_insert_refuses_is_kept_whole_and_those_beside_it_are_stored(tmp_path, faulty):
    poison = refusing("body = 'poison' AND NOT mapContains(attributes, '__error__')")
    payloads = [lines(number) for number in range(30)]
    payloads[17] = plain(b"beside\npoison\n")
    with ingesting(tmp_path, faulty, finished=poison) as (buffer, ingest, _):
        for future in [buffer.append(payload) for payload in payloads]:
            future.result(10)
        drain(buffer, ingest)
        assert buffer.stats().set_aside_segments == 0
    assert stored(faulty) == expected(*payloads)
    kept = faulty.arrow("SELECT body FROM logs WHERE attributes['__error_details__'] LIKE '%throwIf%'")
    assert sorted(kept["body"].to_pylist()) == ["beside", "poison"]
    assert faulty.arrow("SELECT name FROM system.tables WHERE name = 'rehearsal'").num_rows == 0


def test_a_batch_that_can_never_be_stored_is_set_aside_and_put_back(tmp_path, faulty, caplog):
    before = metrics.INGEST_SET_ASIDE._value.get()
    with ingesting(tmp_path, faulty, finished=refusing("body = 'poison'")) as (buffer, ingest, progress):
        for text in (b"poison\n", b"fresh\n"):
            buffer.append(plain(text)).result(10)
            buffer.flush(10)
        wait_until(lambda: buffer.stats().segments == 0)
        assert buffer.stats().set_aside_segments == 1
        assert progress.now.error is None
        heard = progress.now.batch
        drain(buffer, ingest)
    assert stored(faulty) == expected(plain(b"fresh\n"))
    assert metrics.INGEST_SET_ASIDE._value.get() == before + 1
    assert "prologue replay" in caplog.text
    assert heard == faulty.arrow("SELECT max(batch) AS b FROM logs")["b"][0].as_py()

    aside = SetAside(FileSystem(), tmp_path)
    [kept] = aside.kept()
    assert "throwIf" in kept.reason
    assert aside.put_back() == 1
    with ingesting(tmp_path, faulty, recover_upto=heard) as (buffer, ingest, _):
        drain(buffer, ingest)
        assert buffer.stats().set_aside_segments == 0
    assert stored(faulty) == expected(plain(b"poison\n"), plain(b"fresh\n"))


@pytest.mark.parametrize("call", ["sync_directory", "unlink"])
def test_a_release_that_fails_is_tried_again_though_the_file_may_be_gone(tmp_path, faulty, call):
    disk = FaultyFileSystem()
    with ingesting(tmp_path, faulty, filesystem=disk) as (buffer, ingest, progress):
        buffer.append(lines(1)).result(10)
        disk.fail[call] = [errno.EIO] * 3
        buffer.flush(10)
        wait_until(lambda: progress.now.rows == 3 and buffer.stats().segments == 0)
        buffer.append(lines(2)).result(10)
        drain(buffer, ingest)
    assert stored(faulty) == expected(lines(1), lines(2))


@pytest.mark.parametrize("kind", [EngineError, ValueError])
def test_no_batch_is_blamed_for_an_engine_that_takes_nothing(tmp_path, faulty, kind):
    migrate(faulty)
    tries = []

    def refuse(sql: str) -> None:
        if "INSERT INTO logs" in sql or "INSERT INTO rehearsal" in sql:
            tries.append(sql)
            if len(tries) < 30:
                raise kind("read-only file system")

    faulty.before = refuse
    with ingesting(tmp_path, faulty) as (buffer, ingest, _):
        buffer.append(lines(1)).result(10)
        buffer.flush(10)
        wait_until(lambda: buffer.stats().segments == 0)
        assert buffer.stats().set_aside_segments == 0
        drain(buffer, ingest)
    assert stored(faulty) == expected(lines(1))
    assert len(tries) >= 30


def test_a_stop_that_ran_out_of_time_begins_no_further_batch(tmp_path, faulty):
    """What is left is in the buffer; the engine is about to be closed."""
    began, go_on = threading.Event(), threading.Event()

    def hold(sql: str) -> None:
        if "INSERT INTO logs" in sql:
            began.set()
            assert go_on.wait(30)

    migrate(faulty)
    faulty.before = hold
    with ingesting(tmp_path, faulty) as (buffer, ingest, _):
        for number in range(3):
            buffer.append(lines(number)).result(10)
            buffer.flush(10)
        assert began.wait(30)
        assert not ingest.stop(0.1)
        go_on.set()
        wait_until(lambda: ingest.stop(0.0))
        assert buffer.stats().segments == 2
    assert stored(faulty) == expected(lines(0))


def test_memory_is_given_back_once_when_nothing_comes_any_more(tmp_path, faulty, monkeypatch):
    monkeypatch.setattr("prologue.pipeline.ingest._REST_SECONDS", 0.1)
    monkeypatch.setattr("prologue.pipeline.ingest._TAKE_SECONDS", 0.02)
    migrate(faulty)
    rested: list[bool] = []
    buffer = DiskBuffer(tmp_path / "buffer", BufferSettings(seal_after=0.01))
    progress = Progress(0)
    writer = LogWriter(faulty, finish(ParseOptions()))
    ingest = Ingest(
        buffer,
        [writer],
        progress,
        options=ParseOptions(),
        recover_upto=0,
        at_rest=lambda: rested.append(faulty._engine._file is None),
    )
    ingest.start()
    try:
        assert not rested
        for turn in range(1, 3):
            buffer.append(Payload("acme", PayloadFormat.LINES, b"a line\n", 1)).result(10)
            wait_until(lambda turn=turn: len(rested) == turn)
        assert rested == [True, True]  # the file of the batch was gone by then
        assert faulty.arrow("SELECT count() AS n FROM logs").to_pylist() == [{"n": 2}]
    finally:
        ingest.stop(5)
        buffer.close(5)
