"""A clock that jumps ahead must not drop what should be kept."""

from __future__ import annotations

import datetime as dt

import pytest

from prologue.pipeline.calendar import Calendar
from prologue.pipeline.maintenance import Maintenance
from prologue.store.migrate import migrate

NOON = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
HOUR, DAY = 3600, 86_400


class Clock:
    """A wall clock that may jump, beside one that only runs."""

    def __init__(self) -> None:
        self.wall, self.running = NOON, 1000.0

    def passes(self, seconds: float) -> None:
        self.wall += dt.timedelta(seconds=seconds)
        self.running += seconds

    def calendar(self, newest: dt.date | None) -> Calendar:
        return Calendar(newest, now=lambda: self.wall, monotonic=lambda: self.running)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(
    ("newest", "believed"),
    [(None, True), ("2026-11-26", True), ("2026-11-28", True), ("2026-11-19", True), ("2026-11-18", False)],
)
def test_at_the_start_the_newest_line_tells(clock, newest, believed):
    found = clock.calendar(dt.date.fromisoformat(newest) if newest else None).today()
    assert found == (NOON.date() if believed else None)


def test_a_server_that_was_idle_drops_a_day_late(clock):
    calendar = clock.calendar(dt.date(2026, 9, 1))
    for _ in range(24):
        assert calendar.today() is None
        clock.passes(HOUR)
    assert calendar.today() == dt.date(2026, 11, 27)


def test_a_jump_ahead_is_doubted_and_the_way_back_is_not(clock, caplog):
    calendar = clock.calendar(None)
    assert calendar.today() == NOON.date()
    clock.wall += dt.timedelta(days=365)
    assert calendar.today() is None
    assert "says 2027-11-26, where about 2026-11-26 was expected" in caplog.text
    clock.passes(HOUR)
    assert calendar.today() is None
    clock.wall -= dt.timedelta(days=365)
    clock.passes(DAY)
    assert calendar.today() == dt.date(2026, 11, 27)


@pytest.mark.parametrize("jump", [dt.timedelta(hours=23), dt.timedelta(days=-400)])
def test_small_jumps_and_jumps_back_are_believed(clock, jump):
    calendar = clock.calendar(None)
    calendar.today()
    clock.passes(HOUR)
    clock.wall += jump
    assert calendar.today() == clock.wall.date()


def test_nothing_is_dropped_in_doubt(engine):
    migrate(engine)

    engine.command(
        "INSERT INTO logs (tenant, timestamp, stream, batch, body, retention) "
        "VALUES ('default', '2020-01-01 00:00:00', 1, 1, 'x', 'default')"
    )
    Maintenance(engine, {"default": 3}, today=lambda: None).once()
    assert engine.arrow("SELECT count() AS n FROM logs")["n"][0].as_py() == 1
    Maintenance(engine, {"default": 3}).once()  # six years after the newest line: in doubt by itself
    assert engine.arrow("SELECT count() AS n FROM logs")["n"][0].as_py() == 1
    Maintenance(engine, {"default": 3}, today=NOON.date).once()
    assert engine.arrow("SELECT count() AS n FROM logs")["n"][0].as_py() == 0
