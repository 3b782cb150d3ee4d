"""Delete requests are carried out when everything acknowledged before them is stored, and only then."""

from __future__ import annotations

import pytest

from prologue.app.deleting import Deleter
from prologue.model.errors import EngineError
from prologue.store.deletions import Deletions, Status
from prologue.store.embedded import EmbeddedEngine
from prologue.store.migrate import migrate
from tests.support.server import wait_until

SECOND = 1_000_000_000
MIDNIGHT = 1_795_392_000 * SECOND
_STREAM = "INSERT INTO streams SELECT 't', toDate({day:UInt32}), {stream:UInt64}, map('app', {app:String})"
_LINE = """
INSERT INTO logs (tenant, timestamp, observed, stream, batch, level, severity_number, severity_text, body,
    trace_id, span_id, attributes, retention)
SELECT 't', fromUnixTimestamp64Nano({at:Int64}, 'UTC') AS at, at, {stream:UInt64}, 1, 'info', 9, 'INFO',
    {body:String}, '', '', map(), 'default'"""


class Time:
    """A clock that stands still, and a buffer whose oldest payload has some age."""

    def __init__(self) -> None:
        self.now = MIDNIGHT + 100 * SECOND
        self.oldest_age = 0.0


class FailingOnce:
    """The engine, but the first deletion fails."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self.statements: list[str] = []

    def command(self, sql, parameters=None, settings=None):
        self.statements.append(sql)
        if sql.startswith("ALTER") and len(self.statements) == 1:
            raise EngineError("Code: 999")
        self._engine.command(sql, parameters or {}, settings or {})


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def engine(engine):
    migrate(engine)
    for stream, app in enumerate(("cart", "pay")):
        engine.command(_STREAM, {"day": MIDNIGHT // SECOND // 86_400, "stream": stream, "app": app})
        for i in range(3):
            engine.command(_LINE, {"at": MIDNIGHT + i * SECOND, "stream": stream, "body": f"{app} {i}"})
    return engine


@pytest.fixture
def deletions(open_engine, engine, time):
    return Deletions(open_engine(), unix_ns=lambda: time.now)


def deleter(engine, deletions, time, delay=10.0) -> Deleter:
    return Deleter(
        engine, deletions, delay=delay, oldest_age=lambda: time.oldest_age, unix_ns=lambda: time.now
    )


def bodies(engine) -> list[str]:
    return engine.arrow("SELECT body FROM logs ORDER BY body")["body"].to_pylist()


ALL = ["cart 0", "cart 1", "cart 2", "pay 0", "pay 1", "pay 2"]


def test_not_before_its_delay(engine, deletions, time):
    deletions.add("t", '{app="cart"}', MIDNIGHT, MIDNIGHT + SECOND)
    time.now += 9 * SECOND
    assert deleter(engine, deletions, time).once() == 0
    assert bodies(engine) == ALL
    time.now += SECOND
    assert deleter(engine, deletions, time).once() == 1
    assert bodies(engine) == ["cart 2", "pay 0", "pay 1", "pay 2"]
    assert [deletion.status for deletion in deletions.of("t")] == [Status.PROCESSED]
    assert deleter(engine, deletions, time).once() == 0


def test_not_while_something_acknowledged_before_it_is_on_its_way(engine, deletions, time):
    deletions.add("t", '{app="cart"}', MIDNIGHT, MIDNIGHT + SECOND)
    time.now += 60 * SECOND
    time.oldest_age = 61.0
    assert deleter(engine, deletions, time).once() == 0
    time.oldest_age = 59.0
    assert deleter(engine, deletions, time).once() == 1


def test_what_a_crash_interrupted_is_carried_out_again(engine, deletions, time):
    added = deletions.add("t", '{app="pay"}', 0, time.now)
    deletions.begin(added)
    assert deleter(engine, deletions, time, delay=0).once() == 1
    assert bodies(engine) == ["cart 0", "cart 1", "cart 2"]


def test_a_failed_deletion_holds_nothing_up_and_is_tried_again(engine, deletions, time):
    deletions.add("t", '{app="cart"} |= "1"', 0, time.now)
    failing = FailingOnce(engine)
    one = deleter(failing, deletions, time, delay=0)
    with pytest.raises(EngineError):
        one.once()
    assert [deletion.status for deletion in deletions.of("t")] == [Status.RUNNING]
    assert bodies(engine) == ALL
    assert one.once() == 1
    assert bodies(engine) == ["cart 0", "cart 2", "pay 0", "pay 1", "pay 2"]


def test_it_runs_by_itself_until_it_is_stopped(engine, deletions, time, open_engine):
    deletions.add("t", '{app="cart"}', 0, time.now)
    running = Deleter(
        open_engine(), deletions, delay=0, oldest_age=lambda: 0.0, interval=0.01, unix_ns=lambda: time.now
    )
    running.start()
    wait_until(lambda: deletions.of("t")[0].status is Status.PROCESSED)
    running.stop(10)
    assert bodies(engine) == ["pay 0", "pay 1", "pay 2"]


def test_a_stop_does_not_wait_for_a_long_deletion(engine, deletions, time, open_engine):
    engine.command("SYSTEM STOP MERGES logs")  # so that no mutation ends
    deletions.add("t", '{app="cart"}', 0, time.now)
    running = Deleter(
        open_engine(), deletions, delay=0, oldest_age=lambda: 0.0, interval=0.01, unix_ns=lambda: time.now
    )
    running.start()
    mutations = "SELECT count() AS n FROM system.mutations WHERE database = currentDatabase() AND NOT is_done"
    wait_until(lambda: engine.arrow(mutations)["n"][0].as_py() == 1)
    running.stop(0.1)
    assert engine.arrow(mutations)["n"][0].as_py() == 0
    assert [deletion.status for deletion in deletions.of("t")] == [Status.RUNNING]
    engine.command("SYSTEM START MERGES logs")
    assert bodies(engine) == ALL
    assert deleter(engine, deletions, time, delay=0).once() == 1
    assert bodies(engine) == ["pay 0", "pay 1", "pay 2"]
