"""Memory goes back once after a burst, and not while lines come."""

from __future__ import annotations

from prologue.app.memory import MemoryKeeper


def test_once_after_each_burst(engine):
    stored = [0]
    keeper = MemoryKeeper(engine, lambda: stored[0])
    assert not keeper.once()  # nothing was ever stored
    stored[0] = 5
    assert not keeper.once()  # lines came since the last look
    stored[0] = 9
    assert not keeper.once()
    assert keeper.once()
    assert not keeper.once()  # it has been given back
    stored[0] = 10
    assert [keeper.once(), keeper.once(), keeper.once()] == [False, True, False]
    assert engine.arrow("SELECT 1 AS one")["one"].to_pylist() == [1]
